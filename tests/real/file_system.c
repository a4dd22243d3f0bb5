/* A file system that knows no locks or no modes, or on which a file is mounted: preloaded, with the error of each call in a
 * variable of its name. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static int fails(const char *variable) {
    const char *error = getenv(variable);
    if (error)
        errno = atoi(error);
    return error != NULL;
}

int flock(int file, int operation) {
    int (*real)(int, int) = (int (*)(int, int))dlsym(RTLD_NEXT, "flock");
    return fails("FLOCK_FAILS") ? -1 : real(file, operation);
}

int fchmod(int file, mode_t mode) {
    int (*real)(int, mode_t) = (int (*)(int, mode_t))dlsym(RTLD_NEXT, "fchmod");
    return fails("CHMOD_FAILS") ? -1 : real(file, mode);
}

int chmod(const char *path, mode_t mode) {
    int (*real)(const char *, mode_t) = (int (*)(const char *, mode_t))dlsym(RTLD_NEXT, "chmod");
    return fails("CHMOD_FAILS") ? -1 : real(path, mode);
}

int unlink(const char *path) {
    int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
    size_t length = strlen(path);
    int is_token = length > 6 && strcmp(path + length - 6, "/token") == 0;
    return is_token && fails("UNLINK_FAILS") ? -1 : real(path);
}
