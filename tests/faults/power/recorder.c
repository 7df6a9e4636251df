/* Records what a process does to the files of one folder, in the order it happens: preload it (LD_PRELOAD).
 *
 * POWER_FOLDER  the folder, absolute, without symbolic links
 * POWER_TRACE   the file that records are added to; several processes may share it
 * POWER_SYNC_US microseconds that every sync lasts longer, so that other threads write meanwhile (default 0)
 *
 * A change and its record are one step under a lock, so the trace has the true order. A sync has two records, its
 * begin and its end: only what was written before it began is safe when it has ended. The shared memory of SQLite's WAL
 * (-shm) does not outlive the power and is left out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 65536

struct record {
    char kind;
    uint64_t file;   /* inode */
    uint64_t offset; /* of a write; new length of a truncation; number of a sync */
    uint32_t length; /* bytes of data after the name */
    uint16_t name;   /* bytes of the name after this */
} __attribute__((packed));

static struct { char name[256]; uint64_t file; } opened[MOST_FILES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static size_t folder_length;
static int trace = -1;
static useconds_t sync_lasts;
static uint64_t syncs;

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("POWER_TRACE");
    folder = getenv("POWER_FOLDER");
    if (!path || !folder) return;
    folder_length = strlen(folder);
    const char *lasts = getenv("POWER_SYNC_US");
    sync_lasts = lasts ? (useconds_t)atoi(lasts) : 0;
    syncs = (uint64_t)getpid() << 32;
    trace = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (trace < 0) abort();
}

static void enter(void) {
    pthread_mutex_lock(&lock);
    while (flock(trace, LOCK_EX) && errno == EINTR) {}
}

static void leave(void) {
    int kept = errno;
    flock(trace, LOCK_UN);
    pthread_mutex_unlock(&lock);
    errno = kept;
}

static void note(char kind, uint64_t file, uint64_t offset, const char *name, const void *data, size_t length) {
    int kept = errno;
    struct record head = {kind, file, offset, (uint32_t)length, (uint16_t)strlen(name)};
    struct iovec parts[3] = {{&head, sizeof head}, {(void *)name, head.name}, {(void *)data, length}};
    if (syscall(SYS_writev, trace, parts, 3) != (ssize_t)(sizeof head + head.name + length)) abort();
    errno = kept;
}

/* The name of a path in the folder, "." for the folder itself, NULL for all that is not recorded. */
static const char *name_of(const char *path) {
    if (trace < 0 || !path || strncmp(path, folder, folder_length)) return NULL;
    const char *rest = path + folder_length;
    if (!*rest) return ".";
    if (*rest != '/' || strlen(++rest) > 255) return NULL;
    size_t length = strlen(rest);
    return length > 4 && !strcmp(rest + length - 4, "-shm") ? NULL : rest;
}

static const char *recorded(int fd) {
    return fd >= 0 && fd < MOST_FILES && opened[fd].name[0] ? opened[fd].name : NULL;
}

static int opening(int at, const char *path, int flags, mode_t mode) {
    const char *name = name_of(path);
    if (!name) return (int)syscall(SYS_openat, at, path, flags, mode);
    enter();
    int created = (flags & O_CREAT) && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
    int fd = (int)syscall(SYS_openat, at, path, flags, mode);
    struct stat found;
    if (fd >= MOST_FILES) abort();
    if (fd >= 0 && !fstat(fd, &found)) {
        strcpy(opened[fd].name, name);
        opened[fd].file = found.st_ino;
        if (created) note('C', found.st_ino, 0, name, NULL, 0);
        else if (flags & O_TRUNC) note('T', found.st_ino, 0, name, NULL, 0);
    }
    leave();
    return fd;
}

#define WITH_MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); \
    mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *path, int flags, ...) { WITH_MODE return opening(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { WITH_MODE return opening(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { WITH_MODE return opening(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { WITH_MODE return opening(at, path, flags, mode); }

int close(int fd) {
    if (recorded(fd)) opened[fd].name[0] = 0;
    return (int)syscall(SYS_close, fd);
}

ssize_t write(int fd, const void *data, size_t length) {
    const char *name = recorded(fd);
    if (!name) return syscall(SYS_write, fd, data, length);
    enter();
    ssize_t done = syscall(SYS_write, fd, data, length);
    if (done > 0) note('W', opened[fd].file, (uint64_t)(syscall(SYS_lseek, fd, 0, SEEK_CUR) - done), name, data, done);
    leave();
    return done;
}

static ssize_t write_at(int fd, const void *data, size_t length, off_t offset) {
    const char *name = recorded(fd);
    if (!name) return syscall(SYS_pwrite64, fd, data, length, offset);
    enter();
    ssize_t done = syscall(SYS_pwrite64, fd, data, length, offset);
    if (done > 0) note('W', opened[fd].file, (uint64_t)offset, name, data, done);
    leave();
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return write_at(fd, data, length, offset); }
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) { return write_at(fd, data, length, offset); }

static int cut(int fd, off_t length) {
    const char *name = recorded(fd);
    if (!name) return (int)syscall(SYS_ftruncate, fd, length);
    enter();
    int result = (int)syscall(SYS_ftruncate, fd, length);
    if (!result) note('T', opened[fd].file, (uint64_t)length, name, NULL, 0);
    leave();
    return result;
}

int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length); }

static int syncing(int fd, long call) {
    const char *name = recorded(fd);
    if (!name) return (int)syscall(call, fd);
    enter();
    uint64_t number = syncs++;
    uint64_t file = opened[fd].file;
    char kept[256];
    strcpy(kept, name);
    note('B', file, number, kept, NULL, 0);
    leave();
    int result = (int)syscall(call, fd);
    if (sync_lasts) usleep(sync_lasts);
    enter();
    if (!result) note('E', file, number, kept, NULL, 0);
    leave();
    return result;
}

int fsync(int fd) { return syncing(fd, SYS_fsync); }
int fdatasync(int fd) { return syncing(fd, SYS_fdatasync); }

static int removing(int at, const char *path, int flags) {
    const char *name = name_of(path);
    if (!name) return (int)syscall(SYS_unlinkat, at, path, flags);
    enter();
    int result = (int)syscall(SYS_unlinkat, at, path, flags);
    if (!result) note('U', 0, 0, name, NULL, 0);
    leave();
    return result;
}

int unlink(const char *path) { return removing(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return removing(at, path, flags); }

/* What the disk's model does not know is recorded as '?', and the reader of the trace refuses it. */
int rename(const char *from, const char *to) {
    const char *name = name_of(from);
    if (name || name_of(to)) { enter(); note('?', 0, 0, "rename", NULL, 0); leave(); }
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static void *mapping(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    if (recorded(fd) && (protection & PROT_WRITE) && (flags & MAP_SHARED)) {
        enter(); note('?', 0, 0, "writable mmap", NULL, 0); leave();
    }
    return (void *)syscall(SYS_mmap, at, length, protection, flags, fd, offset);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    return mapping(at, length, protection, flags, fd, offset);
}
void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
    return mapping(at, length, protection, flags, fd, offset);
}
