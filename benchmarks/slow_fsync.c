/* Makes every fsync and fdatasync of a program take SLOW_FSYNC_US microseconds longer, as on a disk over a network.
 *
 *     gcc -shared -fPIC -O2 -o slow_fsync.so slow_fsync.c
 *     LD_PRELOAD=./slow_fsync.so SLOW_FSYNC_US=4000 program
 *
 * It sees the calls that go through the C library. A file opened with O_DSYNC is not slowed: its writes sync without
 * a call, so a database that is to be slowed must not use it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

static void wait_longer(void)
{
    int kept = errno;
    const char *said = getenv("SLOW_FSYNC_US");
    long micros = said ? atol(said) : 4000;
    struct timespec left = {micros / 1000000, micros % 1000000 * 1000};

    while (nanosleep(&left, &left) == -1 && errno == EINTR)
        ;
    errno = kept;
}

int fsync(int file)
{
    static int (*real)(int);

    if (!real)
        real = (int (*)(int)) dlsym(RTLD_NEXT, "fsync");
    wait_longer();
    return real(file);
}

int fdatasync(int file)
{
    static int (*real)(int);

    if (!real)
        real = (int (*)(int)) dlsym(RTLD_NEXT, "fdatasync");
    wait_longer();
    return real(file);
}
