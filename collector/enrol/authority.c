/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/enrol/authority.h"

#include "common/log.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S         INT64_C(86400)
#define SERIAL_OCTETS 16
#define HOSTS_BYTES   512
#define VERSION_3     2 /* as it is written (RFC 5280, 4.1.2.1) */
#define VERSION_2     1 /* of a revocation list */

struct authority {
    X509 *certificate;
    EVP_PKEY *key;
};

struct extension {
    int nid;
    const char *value; /* as openssl's x509v3_config(5) has it */
};

void pair_fini(struct pair *pair)
{
    if (pair->key)
        OPENSSL_cleanse(pair->key, strlen(pair->key));
    free(pair->key);
    free(pair->certificate);
    *pair = (struct pair){.certificate = NULL};
}

/* libcrypto's own words, once. */
static int fail(const char *what)
{
    char text[160] = "";
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    ERR_clear_error();
    log_error("enrol", "%s failed: %s", what, text);
    return -EIO;
}

/* What was written to a memory BIO, as text that the caller frees. */
static char *take_text(BIO *bio)
{
    char *bytes = NULL;
    long length = BIO_get_mem_data(bio, &bytes);
    char *text = length > 0 ? malloc((size_t)length + 1) : NULL;
    if (text) {
        memcpy(text, bytes, (size_t)length);
        text[length] = '\0';
    }
    return text;
}

static char *certificate_text(X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = bio && PEM_write_bio_X509(bio, certificate) == 1 ? take_text(bio) : NULL;
    BIO_free(bio);
    return text;
}

static char *key_text(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    bool written = bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    char *text = written ? take_text(bio) : NULL;
    BIO_free(bio);
    return text;
}

static X509 *read_certificate(const char *text)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return certificate;
}

static int no_password(char *buffer, int size, int writing, void *ctx)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)ctx;
    return -1; /* else libcrypto asks the terminal */
}

static EVP_PKEY *read_key(const char *text)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    return key;
}

/* 127 random bits: nobody guesses one, and none comes twice. */
static bool set_serial(X509 *certificate, char out[static AUTHORITY_SERIAL_BYTES])
{
    unsigned char octets[SERIAL_OCTETS];
    if (RAND_bytes(octets, sizeof octets) != 1)
        return false;
    octets[0] = (unsigned char)((octets[0] & 0x7f) | 0x40); /* positive, and always 16 octets */
    for (size_t i = 0; i < sizeof octets; i++)
        (void)snprintf(out + 2 * i, 3, "%02X", octets[i]);
    BIGNUM *number = BN_bin2bn(octets, sizeof octets, NULL);
    bool set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return set;
}

/* By days from 1970: certificates outlive the 2038 of a 32-bit time_t. NULL makes a new one. */
static ASN1_TIME *time_at(ASN1_TIME *time, int64_t unix_s)
{
    return ASN1_TIME_adj(time, 0, (int)(unix_s / DAY_S), (long)(unix_s % DAY_S));
}

static bool set_time(ASN1_TIME *time, int64_t unix_s)
{
    return time_at(time, unix_s) != NULL;
}

static bool set_subject(X509 *certificate, const char *common_name)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    return X509_NAME_add_entry_by_NID(name, NID_organizationName, MBSTRING_UTF8,
                                      (const unsigned char *)"lastmile", -1, -1, 0) == 1 &&
           X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)common_name, -1, -1, 0) == 1;
}

static bool add_extensions(X509 *certificate, X509 *issuer, const struct extension *extensions,
                           size_t count)
{
    X509V3_CTX ctx;
    bool added = true;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
    for (size_t i = 0; i < count && added; i++) {
        X509_EXTENSION *extension =
            X509V3_EXT_conf_nid(NULL, &ctx, extensions[i].nid, extensions[i].value);
        added = extension && X509_add_ext(certificate, extension, -1) == 1;
        X509_EXTENSION_free(extension);
    }
    return added;
}

/* A certificate with everything but its extensions and its signature; NULL when refused. */
static X509 *begin_certificate(const char *name, int64_t from_s, int64_t until_s, EVP_PKEY *key,
                               char serial[static AUTHORITY_SERIAL_BYTES])
{
    X509 *certificate = X509_new();
    if (certificate && X509_set_version(certificate, VERSION_3) == 1 &&
        set_serial(certificate, serial) && set_time(X509_getm_notBefore(certificate), from_s) &&
        set_time(X509_getm_notAfter(certificate), until_s) && set_subject(certificate, name) &&
        X509_set_pubkey(certificate, key) == 1)
        return certificate;
    X509_free(certificate);
    return NULL;
}

static bool is_name(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length <= AUTHORITY_NAME_MAX;
}

static int finish_pair(X509 *certificate, EVP_PKEY *key, struct pair *pair)
{
    pair->certificate = certificate_text(certificate);
    pair->key = key_text(key);
    if (pair->certificate && pair->key)
        return 0;
    pair_fini(pair);
    return fail("writing a certificate");
}

int authority_make(const char *name, int64_t from_s, int64_t until_s, struct pair *out_pair)
{
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
    };
    struct pair pair = {.certificate = NULL};
    if (!is_name(name) || from_s < 0 || until_s <= from_s)
        return -EINVAL;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? begin_certificate(name, from_s, until_s, key, pair.serial) : NULL;
    bool made = certificate &&
                X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1 &&
                add_extensions(certificate, certificate, extensions,
                               sizeof extensions / sizeof extensions[0]) &&
                X509_sign(certificate, key, EVP_sha256()) > 0;
    int status = made ? finish_pair(certificate, key, &pair) : fail("making an authority");
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (status == 0)
        *out_pair = pair;
    return status;
}

struct authority *authority_open(const char *certificate, const char *key)
{
    struct authority *authority = calloc(1, sizeof *authority);
    if (!authority)
        return NULL;
    authority->certificate = read_certificate(certificate);
    authority->key = read_key(key);
    if (authority->certificate && authority->key &&
        X509_check_private_key(authority->certificate, authority->key) == 1)
        return authority;
    ERR_clear_error();
    authority_close(authority);
    errno = EPROTO;
    return NULL;
}

void authority_close(struct authority *authority)
{
    if (!authority)
        return;
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
    free(authority);
}

/* A name of letters, digits, '.' and '-', or an IP address: nothing else reaches libcrypto's own
 * little language. */
static int append_host(char *out, size_t size, const char *host, size_t length)
{
    char one[256];
    unsigned char address[16];
    size_t used = strlen(out);
    if (length == 0 || length >= sizeof one)
        return -EINVAL;
    memcpy(one, host, length);
    one[length] = '\0';
    if (strspn(one, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") != length)
        return -EINVAL;
    bool is_address =
        inet_pton(AF_INET, one, address) == 1 || inet_pton(AF_INET6, one, address) == 1;
    if (!is_address && strchr(one, ':'))
        return -EINVAL;
    int written = snprintf(out + used, size - used, "%s%s:%s", used ? "," : "",
                           is_address ? "IP" : "DNS", one);
    return written > 0 && (size_t)written < size - used ? 0 : -EINVAL;
}

static int alternative_names(const char *hosts, char out[static HOSTS_BYTES])
{
    int status = hosts ? 0 : -EINVAL;
    out[0] = '\0';
    while (status == 0) {
        size_t length = strcspn(hosts, ",");
        status = append_host(out, HOSTS_BYTES, hosts, length);
        if (hosts[length] == '\0')
            break;
        hosts += length + 1;
    }
    return status;
}

int authority_issue(const struct authority *authority, const struct authority_wish *wish,
                    struct pair *out_pair)
{
    bool server = wish->use == AUTHORITY_SERVER;
    char names[HOSTS_BYTES] = "";
    const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, server ? "serverAuth" : "clientAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_subject_alt_name, names}, /* of a server only */
    };
    size_t count = sizeof extensions / sizeof extensions[0] - !server;
    struct pair pair = {.certificate = NULL};
    if (!is_name(wish->common_name) || wish->from_s < 0 || wish->until_s <= wish->from_s ||
        (server && alternative_names(wish->hosts, names) != 0))
        return -EINVAL;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate =
        key ? begin_certificate(wish->common_name, wish->from_s, wish->until_s, key, pair.serial)
            : NULL;
    bool made =
        certificate &&
        X509_set_issuer_name(certificate, X509_get_subject_name(authority->certificate)) == 1 &&
        add_extensions(certificate, authority->certificate, extensions, count) &&
        X509_sign(certificate, authority->key, EVP_sha256()) > 0;
    int status = made ? finish_pair(certificate, key, &pair) : fail("issuing a certificate");
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (status == 0)
        *out_pair = pair;
    return status;
}

/* Of 32 hexadecimal digits; -EINVAL for other text, -EIO without memory. */
static int read_serial(const char *text, ASN1_INTEGER **out_serial)
{
    BIGNUM *number = NULL;
    if (strlen(text) != AUTHORITY_SERIAL_BYTES - 1 ||
        BN_hex2bn(&number, text) != AUTHORITY_SERIAL_BYTES - 1) {
        BN_free(number);
        return -EINVAL;
    }
    *out_serial = BN_to_ASN1_INTEGER(number, NULL);
    BN_free(number);
    return *out_serial ? 0 : -EIO;
}

static int add_revoked(X509_CRL *list, const struct authority_revoked *revoked)
{
    ASN1_INTEGER *serial = NULL;
    int status = read_serial(revoked->serial, &serial);
    ASN1_TIME *when = time_at(NULL, revoked->revoked_s);
    X509_REVOKED *row = X509_REVOKED_new();
    bool set = status == 0 && when && row && X509_REVOKED_set_serialNumber(row, serial) == 1 &&
               X509_REVOKED_set_revocationDate(row, when) == 1 &&
               X509_CRL_add0_revoked(list, row) == 1;
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(when);
    if (set)
        return 0;
    X509_REVOKED_free(row);
    return status != 0 ? status : -EIO;
}

static bool names_all(X509_CRL *list, const struct authority_revoked *revoked, size_t count)
{
    bool all = true;
    for (size_t i = 0; i < count && all; i++) {
        ASN1_INTEGER *serial = NULL;
        X509_REVOKED *row = NULL;
        all = read_serial(revoked[i].serial, &serial) == 0 &&
              X509_CRL_get0_by_serial(list, &row, serial) == 1;
        ASN1_INTEGER_free(serial);
    }
    return all;
}

bool authority_is_list(const struct authority *authority, const char *text,
                       const struct authority_revoked *revoked, size_t count)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    X509_CRL *list = bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
    STACK_OF(X509_REVOKED) *rows = list ? X509_CRL_get_REVOKED(list) : NULL;
    bool is_list = list && X509_CRL_verify(list, authority->key) == 1 &&
                   (size_t)(rows ? sk_X509_REVOKED_num(rows) : 0) == count &&
                   names_all(list, revoked, count);
    X509_CRL_free(list);
    BIO_free(bio);
    ERR_clear_error();
    return is_list;
}

static bool begin_list(X509_CRL *list, const struct authority *authority, int64_t now_s)
{
    ASN1_TIME *now = time_at(NULL, now_s);
    bool begun =
        now && X509_CRL_set_version(list, VERSION_2) == 1 &&
        X509_CRL_set_issuer_name(list, X509_get_subject_name(authority->certificate)) == 1 &&
        X509_CRL_set1_lastUpdate(list, now) == 1 &&
        X509_CRL_set1_nextUpdate(list, X509_get0_notAfter(authority->certificate)) == 1;
    ASN1_TIME_free(now);
    return begun;
}

/* The number only grows (RFC 5280, 5.2.3): the time does. */
static bool finish_list(X509_CRL *list, const struct authority *authority, int64_t now_s)
{
    X509V3_CTX ctx;
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, authority->certificate, NULL, NULL, list, 0);
    X509_EXTENSION *key_id =
        X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
    bool finished = key_id && number && ASN1_INTEGER_set_int64(number, now_s) == 1 &&
                    X509_CRL_add_ext(list, key_id, -1) == 1 &&
                    X509_CRL_add1_ext_i2d(list, NID_crl_number, number, 0, 0) == 1 &&
                    X509_CRL_sort(list) == 1 &&
                    X509_CRL_sign(list, authority->key, EVP_sha256()) > 0;
    X509_EXTENSION_free(key_id);
    ASN1_INTEGER_free(number);
    return finished;
}

int authority_revoke(const struct authority *authority, const struct authority_revoked *revoked,
                     size_t count, int64_t now_s, char **out_list)
{
    X509_CRL *list = X509_CRL_new();
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    int status = list && bio && begin_list(list, authority, now_s) ? 0 : -EIO;
    for (size_t i = 0; i < count && status == 0; i++)
        status = add_revoked(list, &revoked[i]);
    if (status == 0 && finish_list(list, authority, now_s) &&
        PEM_write_bio_X509_CRL(bio, list) == 1)
        text = take_text(bio);
    X509_CRL_free(list);
    BIO_free(bio);
    if (status == -EINVAL)
        return status;
    if (!text)
        return fail("writing the revocation list");
    *out_list = text;
    return 0;
}

int64_t authority_until(const char *certificate_pem)
{
    X509 *certificate = read_certificate(certificate_pem);
    int days = 0;
    int seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool known = certificate && epoch &&
                 ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(certificate)) == 1;
    ASN1_TIME_free(epoch);
    X509_free(certificate);
    ERR_clear_error();
    return known ? days * DAY_S + seconds : 0;
}
