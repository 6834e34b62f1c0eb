#ifndef EL_CLI_CLI_H
#define EL_CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/args.h"
#include "crypto/keyfile.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "order/policy.h"

/*
 * What the subcommands have in common.  A subcommand returns the exit status (sysexits); what went wrong
 * has then been said on standard error in one line that also says what to do next.  Files and `-` only:
 * no name, number, case, token or key is ever an argument.
 */
#define EL_EXIT_OK 0
#define EL_EXIT_USAGE 64
#define EL_EXIT_DATA 65
#define EL_EXIT_NOINPUT 66
#define EL_EXIT_UNAVAILABLE 69
#define EL_EXIT_SOFTWARE 70
#define EL_EXIT_OSERR 71
#define EL_EXIT_CANTCREAT 73
#define EL_EXIT_IO 74
#define EL_EXIT_TEMPFAIL 75 /* join: waiting for trustees' partials; run it again with them */
#define EL_EXIT_NOPERM 77
#define EL_EXIT_CONFIG 78

#define EL_CLI_PATH 1024
#define EL_CLI_DAY_OFFSET 18000 /* Korea: a day starts at 04:00 local time */
#define EL_CLI_CONSENT 2 /* the version of the visitor page's consent text (src/web/visitor/consent.ts) */

struct el_cli {
	const char *name; /* "order sign", in front of messages */
	const char *usage;
	struct el_args args;
	bool json;
};

struct el_command {
	const char *first, *second; /* "order", "sign"; second NULL for one-word commands */
	const struct el_option *options;
	const char *usage; /* what follows the words */
	const char *help;  /* one line */
	int (*run)(struct el_cli *);
};
extern const struct el_command el_commands[]; /* ends with first NULL */

/* One line on standard error; returns status. */
int el_cli_fail(const struct el_cli *, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The usage on standard error with a reason before it; returns EL_EXIT_USAGE. */
int el_cli_usage(const struct el_cli *, const char *reason);
/* As el_cli_fail for an enum el_error met at a file (or what else `at` names). */
int el_cli_error(const struct el_cli *, int err, const char *at);
int el_cli_status(int err);
/* A line of progress or warning on standard error, nothing with --json but for warnings. */
void el_cli_note(const struct el_cli *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Print and free a JSON value on standard output, one line. */
void el_cli_json(json_t *stolen);
/* Print b64 of bytes. */
json_t *el_cli_b64(const void *in, size_t len);

/* The time; --lab-clock is honoured only where lab is true (otherwise it is refused: EL_EPERM, said). */
EL_MUST_USE int el_cli_now(const struct el_cli *, bool lab, int64_t *now_s);
/* "2026-11-24T12:00:00+09:00", "...Z" or Unix seconds. */
EL_MUST_USE int el_cli_parse_time(const char *, int64_t *out);
/* Local time of the deployment's readers, as RFC 3339 with its offset. */
#define EL_CLI_TIME_LEN 32
void el_cli_format_time(int64_t t_s, char out[EL_CLI_TIME_LEN]);
/* "2026-11-24": the deployment's day that holds noon of that date, in local time; and its date back. */
EL_MUST_USE int el_cli_parse_day(const char *, uint32_t day_offset_s, el_epoch *out);
void el_cli_format_day(el_epoch, uint32_t day_offset_s, char out[EL_CLI_TIME_LEN]);
EL_MUST_USE int el_cli_parse_uint(const char *, uint64_t min, uint64_t max, uint64_t *out);

/* A passphrase from --passphrase-file, else from the terminal without echo; ctx is the struct el_cli. */
el_passphrase_fn el_cli_passphrase;
/* Say why a key of this purpose could not be read, and what to do; the exit status. */
int el_cli_key_error(const struct el_cli *, int err, const char *path, enum el_purpose);
/* For a new key: from --passphrase-file only; *out is "" without the option.  Said on failure. */
EL_MUST_USE int el_cli_new_passphrase(const struct el_cli *, char *out, size_t size);
/* Ask yes or no on the terminal.  EL_ENOTFOUND: there is none. */
EL_MUST_USE int el_cli_confirm(const char *question, bool *yes);

/* The folder that holds path ("." for none). */
void el_cli_dirname(const char *path, char out[EL_CLI_PATH]);
/* dir/name; a path too long is said and ends the program's work: EL_ELIMIT. */
EL_MUST_USE int el_cli_path(char out[EL_CLI_PATH], const char *dir, const char *name);
/*
 * The signed documents of a folder: root.pub, policy.json and, where wanted, bundle.json and
 * directory.json.  Said on failure, and *out is NULL then.
 */
EL_MUST_USE int el_cli_trust(const struct el_cli *, const char *dir, bool bundle, bool directory, int64_t now_s,
    struct el_trust **out);
/* The same with the time as the policy lets it be told (lab), which is given out, too. */
EL_MUST_USE int el_cli_trust_now(const struct el_cli *, const char *dir, bool bundle, bool directory,
    struct el_trust **out, int64_t *now_s);
void el_cli_trust_free(struct el_trust *); /* NULL is fine */
/* Sign bytes (taken over) and write them as dir/name; *hash, where wanted, is theirs.  Said on failure. */
EL_MUST_USE int el_cli_write_signed(const struct el_cli *, const struct el_sign_key *, const char *label,
    const char *dir, const char *name, uint8_t *bytes, size_t len, struct el_hash *hash);

/* ---- The subcommands, one file each ---- */
int el_cli_keys_new(struct el_cli *);
int el_cli_keys_ceremony(struct el_cli *);
int el_cli_keys_dkg(struct el_cli *);
int el_cli_keys_directory(struct el_cli *);
int el_cli_keys_list(struct el_cli *);
int el_cli_token_show(struct el_cli *);
int el_cli_order_new(struct el_cli *);
int el_cli_order_show(struct el_cli *);
int el_cli_order_sign(struct el_cli *);
int el_cli_join(struct el_cli *);
int el_cli_trustee_accept(struct el_cli *);
int el_cli_trustee_open(struct el_cli *);
int el_cli_trustee_purge(struct el_cli *);
int el_cli_report_show(struct el_cli *);
int el_cli_report_export(struct el_cli *);
int el_cli_log_verify(struct el_cli *);
int el_cli_purge(struct el_cli *);
int el_cli_doctor(struct el_cli *);

#endif
