/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One line on stderr per event: level, room, sentence. The only module with state of its own
 * (level and handler), set before threads start; log_write itself may be called by any thread.
 * Never in a log: addresses, MACs, user names, raw line keys. A change of state is logged once,
 * repetition is counted by the caller.
 */
#ifndef LASTMILE_COMMON_LOG_H
#define LASTMILE_COMMON_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Receives each line that passes the level, without newline. Borrowed until return. */
typedef void (*log_handler_fn)(void *ctx, enum log_level level, const char *room, const char *line);

/* Lines above this level are dropped. Default: LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

/* 0, or -EINVAL when the name is none of error, warn, info, debug. */
int log_level_from_name(const char *name, enum log_level *out_level);

/* Replaces stderr; NULL restores it. For tests and fuzz targets. */
void log_set_handler(log_handler_fn handler, void *ctx);

/* One sentence, then key=value pairs. Truncated at 1,000 bytes; control bytes become '?'. */
void log_write(enum log_level level, const char *room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(room, ...) log_write(LOG_LEVEL_ERROR, room, __VA_ARGS__)
#define log_warn(room, ...)  log_write(LOG_LEVEL_WARN, room, __VA_ARGS__)
#define log_info(room, ...)  log_write(LOG_LEVEL_INFO, room, __VA_ARGS__)
#define log_debug(room, ...) log_write(LOG_LEVEL_DEBUG, room, __VA_ARGS__)

#endif
