/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/distinct.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FORM_SPARSE  0
#define FORM_DENSE   1
#define HEADER_BYTES 2
#define SPARSE_BYTES 3

struct distinct {
    unsigned precision;
    uint8_t registers[]; /* 2^precision ranks; 0 = never hit */
};

static size_t register_count(unsigned precision)
{
    return (size_t)1 << precision;
}

/* The largest rank: a hash whose bits after the register's number are all zero. */
static unsigned rank_max(unsigned precision)
{
    return 64 - precision + 1;
}

struct distinct *distinct_new(unsigned precision)
{
    if (precision < DISTINCT_PRECISION_MIN || precision > DISTINCT_PRECISION_MAX) {
        errno = EINVAL;
        return NULL;
    }
    struct distinct *distinct = calloc(1, sizeof *distinct + register_count(precision));
    if (distinct)
        distinct->precision = precision;
    return distinct;
}

void distinct_free(struct distinct *distinct)
{
    free(distinct);
}

void distinct_clear(struct distinct *distinct)
{
    memset(distinct->registers, 0, register_count(distinct->precision));
}

void distinct_add(struct distinct *distinct, uint64_t hash)
{
    size_t number = (size_t)(hash >> (64 - distinct->precision));
    uint64_t rest = hash << distinct->precision;
    unsigned rank = rest == 0 ? rank_max(distinct->precision) : (unsigned)__builtin_clzll(rest) + 1;
    if (rank > distinct->registers[number])
        distinct->registers[number] = (uint8_t)rank;
}

/* The rank that a register has when its lowest `bits` bits go over to what is ranked. */
static unsigned folded_rank(size_t number, unsigned bits, unsigned rank)
{
    unsigned low = (unsigned)number & ((1u << bits) - 1);
    return low == 0 ? bits + rank : bits - (31 - (unsigned)__builtin_clz(low));
}

int distinct_merge(struct distinct *into, const struct distinct *from)
{
    if (into->precision > from->precision)
        return -EINVAL;
    unsigned bits = from->precision - into->precision;
    for (size_t i = 0; i < register_count(from->precision); i++) {
        uint8_t *mine = &into->registers[i >> bits];
        unsigned rank = from->registers[i] ? folded_rank(i, bits, from->registers[i]) : 0;
        if (rank > *mine)
            *mine = (uint8_t)rank;
    }
    return 0;
}

/* Ertl 2017, algorithm 6: x + sum of x^(2^k) * 2^(k-1). */
static double sigma(double x)
{
    if (x >= 1)
        return INFINITY;
    double weight = 1, sum = x, before;
    do {
        x *= x;
        before = sum;
        sum += x * weight;
        weight += weight;
    } while (sum > before);
    return sum;
}

/* Ertl 2017, algorithm 6: (1 - x - sum of (1 - x^(2^-k))^2 * 2^-k) / 3. */
static double tau(double x)
{
    if (x <= 0 || x >= 1)
        return 0;
    double weight = 1, sum = 1 - x, before;
    do {
        x = sqrt(x);
        before = sum;
        weight *= 0.5;
        sum -= (1 - x) * (1 - x) * weight;
    } while (sum < before);
    return sum / 3;
}

double distinct_estimate(const struct distinct *distinct)
{
    double m = (double)register_count(distinct->precision);
    unsigned top = rank_max(distinct->precision);
    double multiplicity[66] = {0};
    for (size_t i = 0; i < register_count(distinct->precision); i++)
        multiplicity[distinct->registers[i]]++;
    double z = m * tau(1 - multiplicity[top] / m);
    for (unsigned rank = top - 1; rank >= 1; rank--)
        z = 0.5 * (z + multiplicity[rank]);
    z += m * sigma(multiplicity[0] / m);
    return m * m / (2 * log(2) * z); /* z is infinite, and this 0, when nothing was added */
}

unsigned distinct_precision(const struct distinct *distinct)
{
    return distinct->precision;
}

static size_t registers_hit(const uint8_t *registers, unsigned precision)
{
    size_t hit = 0;
    for (size_t i = 0; i < register_count(precision); i++)
        hit += registers[i] != 0;
    return hit;
}

/* The shorter form, and only one: equal sketches are equal bytes. */
static bool is_sparse(size_t hit, unsigned precision)
{
    return hit * SPARSE_BYTES < register_count(precision);
}

int distinct_write(const struct distinct *distinct, uint8_t *out, size_t size)
{
    size_t hit = registers_hit(distinct->registers, distinct->precision);
    bool sparse = is_sparse(hit, distinct->precision);
    size_t count = register_count(distinct->precision);
    size_t length = HEADER_BYTES + (sparse ? hit * SPARSE_BYTES : count);
    if (length > size)
        return -ENOSPC;
    out[0] = (uint8_t)distinct->precision;
    out[1] = sparse ? FORM_SPARSE : FORM_DENSE;
    uint8_t *at = out + HEADER_BYTES;
    if (!sparse) {
        memcpy(at, distinct->registers, count);
        return (int)length;
    }
    for (size_t i = 0; i < count; i++) {
        if (distinct->registers[i] == 0)
            continue;
        *at++ = (uint8_t)(i >> 8);
        *at++ = (uint8_t)i;
        *at++ = distinct->registers[i];
    }
    return (int)length;
}

static bool read_sparse(struct distinct *distinct, const uint8_t *in, size_t length)
{
    if (length % SPARSE_BYTES != 0 || !is_sparse(length / SPARSE_BYTES, distinct->precision))
        return false;
    size_t next = 0;
    for (size_t i = 0; i < length; i += SPARSE_BYTES) {
        size_t number = (size_t)in[i] << 8 | in[i + 1];
        uint8_t rank = in[i + 2];
        if (number < next || number >= register_count(distinct->precision) || rank == 0 ||
            rank > rank_max(distinct->precision))
            return false;
        distinct->registers[number] = rank;
        next = number + 1;
    }
    return true;
}

static bool read_dense(struct distinct *distinct, const uint8_t *in, size_t length)
{
    if (length != register_count(distinct->precision) ||
        is_sparse(registers_hit(in, distinct->precision), distinct->precision))
        return false;
    for (size_t i = 0; i < length; i++)
        if (in[i] > rank_max(distinct->precision))
            return false;
    memcpy(distinct->registers, in, length);
    return true;
}

struct distinct *distinct_read(const uint8_t *in, size_t length)
{
    if (length < HEADER_BYTES) {
        errno = EPROTO;
        return NULL;
    }
    struct distinct *distinct = distinct_new(in[0]);
    if (!distinct)
        return NULL;
    const uint8_t *body = in + HEADER_BYTES;
    length -= HEADER_BYTES;
    bool good = in[1] == FORM_SPARSE  ? read_sparse(distinct, body, length)
                : in[1] == FORM_DENSE ? read_dense(distinct, body, length)
                                      : false;
    if (good)
        return distinct;
    distinct_free(distinct);
    errno = EPROTO;
    return NULL;
}
