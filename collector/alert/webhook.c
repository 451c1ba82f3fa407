/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/alert/webhook.h"

#include <curl/curl.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 10000L

struct webhook {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    char *body; /* under way; NULL: none */
};

/* What a receiver answers is of no use, and may be long. */
static size_t ignore_answer(char *bytes, size_t size, size_t count, void *ctx)
{
    (void)bytes;
    (void)ctx;
    return size * count;
}

static bool set_options(struct webhook *webhook, const char *url)
{
    CURL *easy = webhook->easy;
    return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, webhook->headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "lastmile/" LASTMILE_VERSION) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore_answer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
}

struct webhook *webhook_new(const char *url)
{
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        errno = EINVAL;
        return NULL;
    }
    struct webhook *webhook = calloc(1, sizeof *webhook);
    if (!webhook)
        return NULL;
    webhook->multi = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_multi_init() : NULL;
    webhook->easy = curl_easy_init();
    webhook->headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (webhook->multi && webhook->easy && webhook->headers && set_options(webhook, url))
        return webhook;
    webhook_free(webhook);
    errno = ENOMEM;
    return NULL;
}

static void end_transfer(struct webhook *webhook)
{
    if (!webhook->body)
        return;
    (void)curl_multi_remove_handle(webhook->multi, webhook->easy);
    free(webhook->body);
    webhook->body = NULL;
}

void webhook_free(struct webhook *webhook)
{
    if (!webhook)
        return;
    end_transfer(webhook);
    curl_easy_cleanup(webhook->easy);
    (void)curl_multi_cleanup(webhook->multi);
    curl_slist_free_all(webhook->headers);
    free(webhook);
}

int webhook_post(struct webhook *webhook, char *body)
{
    if (webhook->body) {
        free(body);
        return -EBUSY;
    }
    bool set =
        curl_easy_setopt(webhook->easy, CURLOPT_POSTFIELDS, body) == CURLE_OK &&
        curl_easy_setopt(webhook->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(body)) == CURLE_OK &&
        curl_multi_add_handle(webhook->multi, webhook->easy) == CURLM_OK;
    if (!set) {
        free(body);
        return -ENOMEM;
    }
    webhook->body = body;
    return 0;
}

static int judge(CURL *easy, CURLcode result)
{
    long status = 0;
    if (result != CURLE_OK || curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
        return -EAGAIN;
    if (status >= 200 && status < 300)
        return 0;
    return status >= 500 || status == 429 ? -EAGAIN : -EPROTO;
}

int webhook_service(struct webhook *webhook)
{
    int running = 0;
    int left = 0;
    if (!webhook->body)
        return -EAGAIN;
    (void)curl_multi_perform(webhook->multi, &running); /* what it says is in the message, too */
    const CURLMsg *message = curl_multi_info_read(webhook->multi, &left);
    if (!message || message->msg != CURLMSG_DONE)
        return running ? 1 : -EAGAIN;
    int verdict = judge(webhook->easy, message->data.result);
    end_transfer(webhook);
    return verdict;
}
