/* Fails, or kills the process, at the commit of SQLite's write-ahead log: preloaded, and armed once by around_commit().

   The commit is the log's frame whose header tells the size of the database (bytes 4 to 8), and the sync after it.
   SQLite writes a frame's header of 24 bytes and its page one after the other. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NOTHING, KILL_BEFORE_RECORD, KILL_IN_RECORD, KILL_AFTER_RECORD, KILL_BEFORE_SYNC, KILL_AFTER_SYNC,
       FAIL_RECORD, FULL_RECORD, FAIL_UNSYNCED, FAIL_SYNCED };

static int armed = NOTHING;
static int header_written, record_written;

void around_commit(int how) { armed = how; header_written = record_written = 0; }

static int is_log(int fd) {
  char link[64], name[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, name, sizeof name);
  return length > 4 && memcmp(name + length - 4, "-wal", 4) == 0;
}

static void die(void) { kill(getpid(), SIGKILL); pause(); }

static ssize_t fail(int error) { armed = NOTHING; errno = error; return -1; }

static ssize_t written(int fd, const void *data, size_t size, off_t at, ssize_t (*write)(int, const void *, size_t, off_t)) {
  if (armed == NOTHING || !is_log(fd)) return write(fd, data, size, at);
  if (header_written) {
    header_written = 0;
    record_written = 1;
    if (armed == KILL_IN_RECORD) { write(fd, data, size / 2, at); die(); }
    if (armed == FULL_RECORD) { write(fd, data, size / 2, at); return fail(ENOSPC); }
    ssize_t done = write(fd, data, size, at);
    if (armed == KILL_AFTER_RECORD) die();
    return done;
  }
  if (size == 24 && memcmp((const char *)data + 4, "\0\0\0\0", 4) != 0) {
    header_written = 1;
    if (armed == KILL_BEFORE_RECORD) die();
    if (armed == FAIL_RECORD) return fail(EIO);
  }
  return write(fd, data, size, at);
}

static int synced(int fd, int (*sync)(int)) {
  if (armed == NOTHING || !record_written || !is_log(fd)) return sync(fd);
  if (armed == KILL_BEFORE_SYNC) die();
  if (armed == FAIL_UNSYNCED) return (int)fail(EIO);
  int done = sync(fd);
  if (armed == KILL_AFTER_SYNC) die();
  if (armed == FAIL_SYNCED) return (int)fail(EIO);
  return done;
}

#define NEXT(name) static __typeof__(name) *next; if (!next) next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { NEXT(pwrite); return written(fd, data, size, at, next); }
ssize_t pwrite64(int fd, const void *data, size_t size, off_t at) { NEXT(pwrite64); return written(fd, data, size, at, next); }
int fsync(int fd) { NEXT(fsync); return synced(fd, next); }
int fdatasync(int fd) { NEXT(fdatasync); return synced(fd, next); }
