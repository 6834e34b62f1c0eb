#ifndef ENTRYLOG_ERROR_H
#define ENTRYLOG_ERROR_H

/*
 * The one error list.  Every function that can fail returns one of these: 0 is success, failures are
 * negative, results leave through trailing out-pointers.  A peer's mistake is always a code; a
 * programmer's mistake is an assertion.
 */
#define EL_MUST_USE __attribute__((warn_unused_result))

enum el_error {
	EL_OK = 0,
	EL_EFORMAT = -1,   /* not the one valid encoding */
	EL_ELIMIT = -2,	   /* beyond a named ceiling */
	EL_ENOMEM = -3,	   /* no memory */
	EL_EIO = -4,	   /* a file, database or socket failed */
	EL_ECRYPTO = -5,   /* a signature, seal, tag or proof does not verify */
	EL_ENOTFOUND = -6, /* no such thing */
	EL_EEXIST = -7,	   /* it is already there */
	EL_EPERM = -8,	   /* wrong owner, mode or purpose of a file; not allowed to this caller */
	EL_EBUSY = -9,	   /* full or not ready; try again later */
	EL_ECONFIG = -10,  /* a configuration that cannot be run */
	EL_ESTATE = -11,   /* the wrong moment: destroyed, closed or not begun */
	EL_ECLOSED = -12,  /* the other side is gone */
	EL_ESPACE = -13	   /* the disk is full; nothing was changed */
};

/* English text of an error code, a constant string; never NULL. */
const char *el_strerror(int err);

#endif
