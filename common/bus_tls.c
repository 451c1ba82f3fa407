/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/bus_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct bus_tls {
    SSL_CTX *context;
    enum bus_tls_fault fault;
    SSL *session; /* our share of it, from the handshake to the login's answer */
    int fd;       /* and of its socket; -1: none */
};

static void note(struct bus_tls *tls, enum bus_tls_fault fault)
{
    if (tls->fault == BUS_TLS_NO_FAULT)
        tls->fault = fault;
}

static enum bus_tls_fault fault_of_verification(int error)
{
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return BUS_TLS_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return BUS_TLS_NOT_YET_VALID;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: /* an authority of the same name, with another key */
        return BUS_TLS_UNKNOWN_CA;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return BUS_TLS_WRONG_NAME;
    default:
        return BUS_TLS_BAD_CERTIFICATE;
    }
}

/* Around OpenSSL's whole verification, of which it alters nothing. */
static int verify(X509_STORE_CTX *store, void *ctx)
{
    int verified = X509_verify_cert(store);
    if (verified != 1)
        note(ctx, fault_of_verification(X509_STORE_CTX_get_error(store)));
    return verified;
}

/* Since TLS 1.3 a broker judges our certificate after our handshake is done. When our login then
 * meets its reset, the library closes the socket with the broker's alert still unread in it. */
static void keep_share(struct bus_tls *tls, const SSL *ssl)
{
    if (tls->session)
        return;
    union {
        const SSL *in; /* the callback's is const, its reference count is not */
        SSL *out;
    } same = {.in = ssl};
    tls->fd = fcntl(SSL_get_fd(ssl), F_DUPFD_CLOEXEC, 0);
    if (tls->fd >= 0 && SSL_up_ref(same.out) == 1)
        tls->session = same.out;
}

/* Alerts about a certificate (RFC 8446 section 6.2), sent by the broker: it is ours. */
static void take_notice(const SSL *ssl, int where, int value)
{
    struct bus_tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if (tls && where == SSL_CB_HANDSHAKE_DONE)
        keep_share(tls, ssl);
    if (!tls || where != SSL_CB_READ_ALERT)
        return;
    switch (value & 0xff) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_CERTIFICATE_REQUIRED:
    case SSL_AD_HANDSHAKE_FAILURE: /* what TLS 1.2 says to a missing certificate */
        note(tls, BUS_TLS_REFUSED);
        break;
    default:
        break;
    }
}

/* An encrypted key is no key: there is nobody to ask. */
static int no_password(char *out, int size, int writing, void *ctx)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)ctx;
    return 0;
}

static bool expect_host(SSL_CTX *context, const char *host)
{
    X509_VERIFY_PARAM *wanted = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_ip_asc(wanted, host) == 1 || /* no address, so a name */
           X509_VERIFY_PARAM_set1_host(wanted, host, 0) == 1;
}

static bool load_files(SSL_CTX *context, const char *ca_file, const char *cert_file,
                       const char *key_file)
{
    SSL_CTX_set_default_passwd_cb(context, no_password);
    return SSL_CTX_load_verify_locations(context, ca_file, NULL) == 1 &&
           (!cert_file || SSL_CTX_use_certificate_chain_file(context, cert_file) == 1) &&
           (!key_file || (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) == 1 &&
                          SSL_CTX_check_private_key(context) == 1));
}

struct bus_tls *bus_tls_new(const char *host, const char *ca_file, const char *cert_file,
                            const char *key_file)
{
    struct bus_tls *tls = calloc(1, sizeof *tls);
    if (!tls)
        return NULL;
    tls->fd = -1;
    tls->context = SSL_CTX_new(TLS_client_method());
    bool made = tls->context && SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) == 1 &&
                expect_host(tls->context, host) &&
                load_files(tls->context, ca_file, cert_file, key_file);
    ERR_clear_error();
    if (!made) {
        int reason = tls->context ? EINVAL : ENOMEM;
        bus_tls_free(tls);
        errno = reason;
        return NULL;
    }
    SSL_CTX_set_app_data(tls->context, tls);
    SSL_CTX_set_mode(tls->context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(tls->context, verify, tls);
    SSL_CTX_set_info_callback(tls->context, take_notice);
    return tls;
}

void bus_tls_read_last_words(struct bus_tls *tls)
{
    char byte;
    if (!tls->session)
        return;
    if (tls->fault == BUS_TLS_NO_FAULT && SSL_set_fd(tls->session, tls->fd) == 1)
        (void)SSL_read(tls->session, &byte, sizeof byte); /* non-blocking; take_notice is told */
    ERR_clear_error();
    bus_tls_let_go(tls);
}

void bus_tls_let_go(struct bus_tls *tls)
{
    if (tls->fd >= 0)
        (void)close(tls->fd);
    SSL_free(tls->session);
    tls->fd = -1;
    tls->session = NULL;
}

void bus_tls_free(struct bus_tls *tls)
{
    if (!tls)
        return;
    bus_tls_let_go(tls);
    SSL_CTX_free(tls->context);
    free(tls);
}

void *bus_tls_context(const struct bus_tls *tls)
{
    return tls->context;
}

enum bus_tls_fault bus_tls_fault(const struct bus_tls *tls)
{
    return tls->fault;
}

uint64_t bus_tls_files_mark(const char *ca_file, const char *cert_file, const char *key_file)
{
    const char *const files[] = {ca_file, cert_file, key_file};
    uint64_t mark = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct stat info;
        bool there = files[i] && stat(files[i], &info) == 0;
        uint64_t told = !there ? 0
                               : (uint64_t)info.st_mtim.tv_sec * UINT64_C(1000000000) +
                                     (uint64_t)info.st_mtim.tv_nsec + (uint64_t)info.st_ino +
                                     (uint64_t)info.st_size;
        mark = (mark ^ told) * UINT64_C(1099511628211);
    }
    return mark;
}
