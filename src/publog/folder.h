#ifndef EL_PUBLOG_FOLDER_H
#define EL_PUBLOG_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "log/note.h"
#include "log/tiles.h"

/*
 * The folder of a public log (data_dir/log), in the layout in which it is published: `checkpoint`, `tile/L/...`,
 * `tile/entries/...` (C2SP tlog-tiles).  Reading only; writer.h writes it.
 */
#define EL_LOG_CHECKPOINT "checkpoint"
#define EL_LOG_CHECKPOINT_NEXT "checkpoint.next" /* durable, and about to be published under the other name */
#define EL_LOG_TILE_MAX (EL_TILE_WIDTH * EL_HASH_LEN)
#define EL_LOG_BUNDLE_MAX (EL_TILE_WIDTH * (2 + EL_ENTRY_MAX))
#define EL_LOG_PATH_MAX 512

/* The file of a tile.  EL_ELIMIT. */
EL_MUST_USE int el_log_folder_path(const char *dir, const struct el_tile *, char out[EL_LOG_PATH_MAX]);
/*
 * Read a tile's file, whole; symbolic links are not followed.  EL_ENOTFOUND; EL_EFORMAT: longer than max, or a hash tile
 * that does not hold exactly its width; EL_EIO; EL_ELIMIT.
 */
EL_MUST_USE int el_log_folder_read(const char *dir, const struct el_tile *, uint8_t *out, size_t max, size_t *len);

/* The same of a checkpoint's note, under one of the names above. */
EL_MUST_USE int el_log_folder_note(const char *dir, const char *name, uint8_t out[EL_NOTE_MAX], size_t *len);

/*
 * The same as a source for proofs, which ask for the same tiles again and again: the last one of each level is kept.
 * Only what a published checkpoint covers may be asked, since that never changes.
 */
struct el_log_folder;
EL_MUST_USE int el_log_folder_new(const char *dir, struct el_log_folder **out); /* EL_ENOMEM */
void el_log_folder_free(struct el_log_folder *);
struct el_tile_source el_log_folder_source(struct el_log_folder *);
/* Entry `index` of a log of `size`, a view until the next call.  EL_ENOTFOUND; EL_EFORMAT, EL_EIO. */
EL_MUST_USE int el_log_folder_entry(
    struct el_log_folder *, uint64_t size, uint64_t index, const uint8_t **entry, size_t *len);

#endif
