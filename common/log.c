/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 1000

static enum log_level threshold = LOG_LEVEL_INFO;
static log_handler_fn current_handler;
static void *current_ctx;

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void log_set_level(enum log_level level)
{
    threshold = level;
}

int log_level_from_name(const char *name, enum log_level *out_level)
{
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out_level = (enum log_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

void log_set_handler(log_handler_fn handler, void *ctx)
{
    current_handler = handler;
    current_ctx = ctx;
}

/* A line stays one line, whatever a library or a file put into it. */
static void replace_control_bytes(char *line)
{
    for (; *line; line++)
        if ((unsigned char)*line < 0x20 || *line == 0x7f)
            *line = '?';
}

void log_write(enum log_level level, const char *room, const char *format, ...)
{
    if (level > threshold)
        return;
    char line[LINE_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args); /* a cut line is still a line */
    va_end(args);
    replace_control_bytes(line);
    if (current_handler)
        current_handler(current_ctx, level, room, line);
    else
        (void)fprintf(stderr, "%s %s: %s\n", level_names[level], room, line);
}
