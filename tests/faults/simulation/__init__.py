"""A seeded simulation of the write path: one seed decides who acts, what fails and when, and replays exactly."""
