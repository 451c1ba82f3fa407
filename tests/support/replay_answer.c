/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/replay_answer.h"

#include "tests/support/ber.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PDU_GET      0xa0
#define PDU_GET_NEXT 0xa1
#define PDU_RESPONSE 0xa2
#define PDU_GET_BULK 0xa5

#define ERROR_TOO_BIG      1
#define ERROR_NO_SUCH_NAME 2
#define ERROR_GENERAL      5

#define NAMES_MAX   64
#define ANSWERS_MAX 512

struct question {
    int64_t version, request_id, non_repeaters, max_repetitions;
    uint8_t pdu;
    struct oid names[NAMES_MAX];
    size_t name_count;
};

/* One varbind of the answer: a row, or an exception at a name. */
struct item {
    const struct varbind_row *row;
    const struct oid *name; /* where there is no row */
    uint8_t exception;
};

struct items {
    struct item list[ANSWERS_MAX];
    size_t count;
    size_t octets; /* about what they take */
    size_t fakes_used;
    struct replay_fake fakes[ANSWERS_MAX]; /* rows that lies make up */
};

/* Where a repeater stands: the name to go on from, and the honest row behind it. */
struct repeater {
    const struct oid *asked;
    struct oid name; /* only where lies may change it */
    const struct varbind_row *row;
    size_t left;
    bool ended;
};

static bool read_question(const struct replay_device *device, const uint8_t *message, size_t length,
                          struct question *out)
{
    struct ber_reader all = {.at = message, .end = message + length, .fault = false};
    struct ber_reader outer = ber_read(&all, BER_SEQUENCE, NULL);
    out->version = ber_read_integer(&outer);
    struct ber_reader community = ber_read(&outer, BER_OCTET_STRING, NULL);
    struct ber_reader pdu = ber_read(&outer, 0, &out->pdu);
    out->request_id = ber_read_integer(&pdu);
    out->non_repeaters = ber_read_integer(&pdu);
    out->max_repetitions = ber_read_integer(&pdu);
    struct ber_reader list = ber_read(&pdu, BER_SEQUENCE, NULL);
    out->name_count = 0;
    while (!list.fault && list.at < list.end && out->name_count < NAMES_MAX) {
        struct ber_reader varbind = ber_read(&list, BER_SEQUENCE, NULL);
        out->names[out->name_count++] = ber_read_oid(&varbind);
        if (varbind.fault)
            return false;
    }
    size_t community_length = (size_t)(community.end - community.at);
    bool admitted = strlen(device->community) == community_length &&
                    memcmp(device->community, community.at, community_length) == 0;
    bool known = out->pdu == PDU_GET || out->pdu == PDU_GET_NEXT ||
                 (out->pdu == PDU_GET_BULK && out->version == 1);
    return !all.fault && !outer.fault && !pdu.fault && !list.fault && admitted && known &&
           (out->version == 0 || out->version == 1);
}

static void add_item(struct items *items, const struct varbind_row *row, const struct oid *name,
                     uint8_t exception)
{
    if (items->count == ANSWERS_MAX)
        return;
    items->list[items->count++] = (struct item){row, name, exception};
    items->octets += 14 + (row ? row->length + row->arc_count : name->length);
}

static void answer_get(const struct replay_device *device, const struct question *question,
                       struct items *items)
{
    for (size_t i = 0; i < question->name_count; i++) {
        const struct varbind_row *row = varbind_set_find(device->set, &question->names[i]);
        add_item(items, row, &question->names[i], row ? 0 : VALUE_NO_SUCH_INSTANCE);
    }
}

static bool row_in(const struct varbind_row *row, const struct oid *subtree)
{
    return row->arc_count >= subtree->length &&
           memcmp(row->arcs, subtree->arcs, subtree->length * sizeof row->arcs[0]) == 0;
}

static void seek(const struct replay_device *device, struct repeater *at)
{
    at->row = varbind_set_after(device->set, &at->name, &at->left);
}

/* Tells a lie in place of the row, or the row. The next question goes on from what was told. */
static void answer_lying(const struct replay_device *device, struct repeater *at,
                         struct items *items)
{
    if (items->fakes_used == ANSWERS_MAX)
        return;
    const struct varbind_row *honest = at->left > 0 ? at->row : NULL;
    const struct varbind_row *told =
        replay_lie_tell(device->lie, &device->lie_subtree, device->set, &at->name, honest,
                        &items->fakes[items->fakes_used++]);
    at->ended = !told && !honest;
    add_item(items, told, at->asked,
             told     ? 0
             : honest ? VALUE_NO_SUCH_INSTANCE
                      : VALUE_END_OF_MIB_VIEW);
    const struct varbind_row *next = told ? told : honest;
    if (next)
        at->name = oid_from_arcs(next->arcs, next->arc_count);
    seek(device, at);
}

static bool is_lied_about(const struct replay_device *device, const struct repeater *at)
{
    return device->lie != LIE_NONE && (oid_has_prefix(&at->name, &device->lie_subtree) ||
                                       (at->left > 0 && row_in(at->row, &device->lie_subtree)));
}

static void answer_next(const struct replay_device *device, struct repeater *at,
                        struct items *items)
{
    if (is_lied_about(device, at)) {
        answer_lying(device, at, items);
        return;
    }
    at->ended = at->left == 0;
    if (at->ended) {
        add_item(items, NULL, at->asked, VALUE_END_OF_MIB_VIEW);
        return;
    }
    add_item(items, at->row, NULL, 0);
    if (device->lie != LIE_NONE)
        at->name = oid_from_arcs(at->row->arcs, at->row->arc_count);
    at->row++;
    at->left--;
}

/* Repetitions of all repeaters side by side, until the answer is full; GETNEXT is one. */
static void answer_bulk(const struct replay_device *device, const struct question *question,
                        int64_t repetitions, struct items *items)
{
    struct repeater at[NAMES_MAX];
    size_t once = question->non_repeaters > 0 && question->pdu == PDU_GET_BULK
                      ? (size_t)question->non_repeaters
                      : 0;
    if (once > question->name_count)
        once = question->name_count;
    for (size_t i = 0; i < question->name_count; i++) {
        at[i].asked = &question->names[i];
        oid_copy(&at[i].name, at[i].asked);
        seek(device, &at[i]);
        if (i < once)
            answer_next(device, &at[i], items);
    }
    for (int64_t r = 0; r < repetitions && once < question->name_count; r++) {
        bool any = false;
        for (size_t i = once; i < question->name_count; i++) {
            answer_next(device, &at[i], items);
            any |= !at[i].ended;
        }
        if (!any || items->count + question->name_count > ANSWERS_MAX ||
            items->octets > device->message_max)
            return;
    }
}

static uint64_t grown(const struct replay_device *device, const struct varbind_row *row)
{
    uint64_t value = row->unsigned64;
    for (size_t i = 0; i < device->growth_count; i++)
        if (row_in(row, &device->growths[i].subtree))
            value += (uint64_t)(device->growths[i].per_s * device->elapsed_s);
    return row->type == VALUE_COUNTER64 ? value : value & UINT32_MAX;
}

static void put_value(struct ber_writer *writer, const struct replay_device *device,
                      const struct varbind_row *row)
{
    uint32_t arcs[OID_ARCS_MAX];
    size_t before = ber_length(writer);
    switch (row->type) {
    case VALUE_INTEGER:
        ber_put_integer(writer, BER_INTEGER, row->integer);
        break;
    case VALUE_COUNTER32:
    case VALUE_GAUGE32:
    case VALUE_TIME_TICKS:
    case VALUE_COUNTER64:
        ber_put_unsigned(writer, (uint8_t)row->type, grown(device, row));
        break;
    case VALUE_OBJECT_ID:
        memcpy(arcs, row->bytes, row->length);
        ber_put_oid(writer, arcs, row->length / sizeof arcs[0]);
        break;
    default:
        ber_put_octets(writer, row->bytes, row->length);
        ber_close(writer, (uint8_t)row->type, before);
        break;
    }
}

static void put_item(struct ber_writer *writer, const struct replay_device *device,
                     const struct item *item)
{
    size_t before = ber_length(writer);
    if (item->row) {
        put_value(writer, device, item->row);
        ber_put_oid(writer, item->row->arcs, item->row->arc_count);
    } else {
        ber_close(writer, item->exception, ber_length(writer));
        ber_put_oid(writer, item->name->arcs, item->name->length);
    }
    ber_close(writer, BER_SEQUENCE, before);
}

/* Snmpv1 knows no exceptions: the whole PDU comes back with noSuchName. */
static size_t first_exception(const struct question *question, const struct items *items)
{
    for (size_t i = 0; i < items->count && question->version == 0; i++)
        if (!items->list[i].row || items->list[i].row->type == VALUE_COUNTER64)
            return i + 1;
    return 0;
}

static size_t put_message(const struct replay_device *device, const struct question *question,
                          const struct items *items, int64_t error, int64_t index,
                          struct ber_writer *writer)
{
    if (error != 0) /* the names of the question come back, without values */
        for (size_t i = question->name_count; i > 0 && error == ERROR_NO_SUCH_NAME; i--) {
            const struct item echo = {.name = &question->names[i - 1], .exception = BER_NULL};
            put_item(writer, device, &echo);
        }
    for (size_t i = items->count; i > 0 && error == 0; i--)
        put_item(writer, device, &items->list[i - 1]);
    ber_close(writer, BER_SEQUENCE, 0);
    ber_put_integer(writer, BER_INTEGER, index);
    ber_put_integer(writer, BER_INTEGER, error);
    ber_put_integer(writer, BER_INTEGER, question->request_id);
    ber_close(writer, PDU_RESPONSE, 0);
    size_t before = ber_length(writer);
    ber_put_octets(writer, device->community, strlen(device->community));
    ber_close(writer, BER_OCTET_STRING, before);
    ber_put_integer(writer, BER_INTEGER, question->version);
    ber_close(writer, BER_SEQUENCE, 0);
    return writer->full ? 0 : ber_length(writer);
}

/* The first name that leads into the subtree of a lie, from 1; 0: none. */
static size_t first_lied(const struct replay_device *device, const struct question *question)
{
    for (size_t i = 0; i < question->name_count; i++) {
        size_t left = 0;
        const struct varbind_row *row = varbind_set_after(device->set, &question->names[i], &left);
        if (question->pdu != PDU_GET && row && row_in(row, &device->lie_subtree))
            return i + 1;
    }
    return 0;
}

static int64_t error_of(const struct replay_device *device, const struct question *question,
                        const struct items *items, size_t *out_culprit)
{
    *out_culprit = first_exception(question, items);
    if (*out_culprit > 0)
        return ERROR_NO_SUCH_NAME;
    if (device->lie != LIE_TOO_BIG && device->lie != LIE_GEN_ERR)
        return 0;
    size_t lied = first_lied(device, question);
    if (device->lie == LIE_GEN_ERR)
        *out_culprit = lied;
    return lied == 0 ? 0 : device->lie == LIE_TOO_BIG ? ERROR_TOO_BIG : ERROR_GENERAL;
}

static size_t write_answer(const struct replay_device *device, const struct question *question,
                           struct items *items, struct ber_writer *writer)
{
    size_t culprit = 0;
    int64_t error = error_of(device, question, items, &culprit);
    const struct ber_writer fresh = *writer;
    for (;;) {
        *writer = fresh;
        size_t length = put_message(device, question, items, error, (int64_t)culprit, writer);
        if (length > 0 && length <= device->message_max)
            return length;
        if (error == ERROR_TOO_BIG)
            return 0;
        if (question->pdu == PDU_GET_BULK && items->count > 1)
            items->count -= items->count / 4 + 1;
        else
            error = ERROR_TOO_BIG;
    }
}

size_t replay_answer(struct replay_device *device, const uint8_t *message, size_t length,
                     uint8_t *buffer, size_t size, const uint8_t **out_answer)
{
    struct question *question = malloc(sizeof *question);
    struct items *items = malloc(sizeof *items);
    struct ber_writer writer = ber_writer(buffer, size);
    size_t written = 0;
    if (question && items && read_question(device, message, length, question)) {
        items->count = items->octets = items->fakes_used = 0;
        if (question->pdu == PDU_GET)
            answer_get(device, question, items);
        else
            answer_bulk(device, question,
                        question->pdu == PDU_GET_BULK ? question->max_repetitions : 1, items);
        written = write_answer(device, question, items, &writer);
        device->varbinds += items->count;
        *out_answer = writer.at;
    }
    free(question);
    free(items);
    return written;
}
