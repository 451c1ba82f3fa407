/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/command/password.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Byte by byte, so that no buffer of stdio keeps a copy. */
static int read_line(char *out, size_t size)
{
    size_t length = 0;
    char byte;
    ssize_t got;
    while ((got = read(STDIN_FILENO, &byte, 1)) == 1 && byte != '\n') {
        if (length + 1 >= size)
            return -EMSGSIZE;
        out[length++] = byte;
    }
    if (got < 0)
        return -errno;
    if (got == 0 && length == 0)
        return -ENODATA;
    if (length > 0 && out[length - 1] == '\r')
        length--;
    out[length] = '\0';
    return 0;
}

static int ask_once(const char *prompt, char *out, size_t size)
{
    (void)fputs(prompt, stderr);
    int status = read_line(out, size);
    (void)fputc('\n', stderr);
    return status;
}

static int ask_twice(char *out, size_t size)
{
    char again[128] = "";
    int status = ask_once("Password: ", out, size);
    if (status == 0)
        status = ask_once("Once more: ", again, sizeof again);
    if (status == 0 && strcmp(out, again) != 0)
        status = -EINVAL;
    explicit_bzero(again, sizeof again);
    return status;
}

/* Signals that would leave the terminal without echo wait until it has it again. */
int password_ask(char *out, size_t size)
{
    struct termios before, silent;
    sigset_t waiting, mask;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return read_line(out, size); /* no terminal */
    silent = before;
    silent.c_lflag &= ~((tcflag_t)ECHO | (tcflag_t)ECHONL);
    (void)sigemptyset(&waiting);
    (void)sigaddset(&waiting, SIGINT);
    (void)sigaddset(&waiting, SIGTERM);
    (void)sigaddset(&waiting, SIGTSTP);
    (void)sigprocmask(SIG_BLOCK, &waiting, &mask);
    int status = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 ? ask_twice(out, size) : -errno;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
    return status;
}
