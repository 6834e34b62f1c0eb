#ifndef ENTRYLOG_TYPES_H
#define ENTRYLOG_TYPES_H

#include <stdint.h>

/*
 * Ids, tags and keys are distinct types, so that the compiler refuses a venue id where a link belongs.
 * All sizes are bytes; all of them stand on the wire exactly as here (docs/protocol.md section 2).
 */
typedef uint16_t el_epoch; /* a deployment day: floor((t + day_offset) / 86400) */

#define EL_KEY_LEN 32
#define EL_POINT_LEN 32
#define EL_SCALAR_LEN 32
#define EL_HASH_LEN 32
#define EL_SIG_LEN 64
#define EL_SALT_LEN 16
#define EL_ATTEMPT_LEN 8
#define EL_TID_LEN 16
#define EL_HANDLE_LEN 16
#define EL_BODY_LEN 132
#define EL_TOKEN_LEN 144

struct el_hash { uint8_t b[EL_HASH_LEN]; };	/* SHA-256 */
struct el_point { uint8_t b[EL_POINT_LEN]; };	/* ristretto255, canonical, not the identity */
struct el_scalar { uint8_t b[EL_SCALAR_LEN]; };	/* little-endian, below L */
struct el_sig { uint8_t b[EL_SIG_LEN]; };	/* Ed25519 */
struct el_sign_pk { uint8_t b[32]; };		/* Ed25519 public key, prime-order subgroup */
struct el_tag { uint8_t b[8]; };		/* PRF8; as a number it is big-endian */
struct el_tid { uint8_t b[EL_TID_LEN]; };	/* T, the token's id */
struct el_handle { uint8_t b[EL_HANDLE_LEN]; };	/* h_e, a visitor's pseudonym of one day */
struct el_link { uint8_t b[16]; };		/* the handle sealed to Y_e inside a token */
struct el_body { uint8_t b[EL_BODY_LEN]; };	/* the first seven fields of a token */
struct el_attempt { uint8_t b[EL_ATTEMPT_LEN]; };
struct el_salt { uint8_t b[EL_SALT_LEN]; };

#endif
