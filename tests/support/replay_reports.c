/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Prints the reports that `run` would have made of a capture, in the capture's own time: one line
 * of JSON an interval. For tests that know the truth about a capture.
 *
 *     replay_reports CONFIG FILE INTERVAL_MS
 */
#include "common/clock.h"
#include "common/json_writer.h"
#include "common/report_json.h"
#include "probe/capture/capture.h"
#include "probe/meter_settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct run {
    struct meter *meter;
    uint64_t interval_ns, end_unix_ns; /* of the present interval; 0: none yet */
    int status;
};

static int print(const struct report *report)
{
    struct json_writer *writer = json_writer_new();
    if (!writer)
        return -ENOMEM;
    report_put_json(report, writer);
    char *text = json_writer_text(writer, false);
    json_writer_free(writer);
    int status = !text ? -ENOMEM : puts(text) < 0 ? -EIO : 0;
    free(text);
    return status;
}

static int end_interval(struct run *run)
{
    struct report *report = report_new();
    if (!report)
        return -ENOMEM;
    report->interval_ms = run->interval_ns / CLOCK_NS_PER_MS;
    report->interval_start_unix_ns = run->end_unix_ns - run->interval_ns;
    int status = meter_collect(run->meter, report, run->end_unix_ns, NULL);
    if (status == 0)
        status = print(report);
    report_free(report);
    return status;
}

static void on_frames(void *ctx, const struct frame *frames, size_t count)
{
    struct run *run = ctx;
    for (size_t i = 0; i < count && run->status == 0; i++) {
        uint64_t now = frames[i].time_unix_ns;
        if (run->end_unix_ns == 0)
            run->end_unix_ns = now - now % run->interval_ns + run->interval_ns;
        for (; now >= run->end_unix_ns && run->status == 0; run->end_unix_ns += run->interval_ns)
            run->status = end_interval(run);
        meter_frame(run->meter, &frames[i]);
    }
}

static int read_all(struct run *run, const char *file)
{
    char error[CAPTURE_ERROR_BYTES] = "";
    struct capture *capture = capture_open_file(file, NULL, error);
    int status = capture ? 0 : -errno;
    while (status >= 0 && run->status == 0)
        status = capture_read(capture, 0, on_frames, run);
    capture_close(capture);
    if (run->status == 0 && status == -ENODATA)
        return run->end_unix_ns ? end_interval(run) : 0;
    return run->status ? run->status : status;
}

int main(int argc, char **argv)
{
    struct conf_error error;
    struct meter_options options;
    if (argc != 4)
        return 2;
    struct settings *settings = settings_read(argv[1], &error);
    if (!settings) {
        (void)fprintf(stderr, "%s\n", error.text);
        return 2;
    }
    struct pseudonym *pseudonym =
        pseudonym_new(settings->pseudonym_key, settings->pseudonym_key_length);
    int status = meter_settings_read(settings, settings->sources[0].name, pseudonym, &options);
    struct run run = {.interval_ns = strtoull(argv[3], NULL, 10) * CLOCK_NS_PER_MS};
    if (status == 0 && run.interval_ns > 0)
        run.meter = meter_new(&options);
    status = run.meter ? read_all(&run, argv[2]) : -ENOMEM;
    meter_free(run.meter);
    pseudonym_free(pseudonym);
    settings_free(settings);
    if (status < 0)
        (void)fprintf(stderr, "replay_reports: %d\n", status);
    return status < 0;
}
