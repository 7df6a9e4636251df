"""Faults on purpose: kills, power loss, failing system calls, full disks, cut links; one oracle judges them all."""
