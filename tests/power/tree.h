#ifndef EL_TEST_POWER_TREE_H
#define EL_TEST_POWER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A state of all files below one folder, in memory.  Files and folders are nodes with a number that is theirs for
 * ever; a name is an entry of a folder.  A node that no entry names is still there: a disk keeps its bytes.
 * Running out of memory ends the test.
 */
#define TREE_NAME 64
#define TREE_ROOT 0

struct tree_entry {
	char name[TREE_NAME];
	size_t node;
};

struct tree_node {
	bool folder;
	uint8_t *bytes;
	size_t len;
	struct tree_entry *entry;
	size_t n_entry;
};

struct tree {
	struct tree_node *node;
	size_t n;
};

/* malloc, realloc (p NULL: new) of n * size bytes that are there. */
void *tree_grow(void *p, size_t n, size_t size);

struct tree *tree_new(void); /* an empty root */
struct tree *tree_copy(const struct tree *);
void tree_free(struct tree *);

/* Have all nodes up to this one, and say what this one is. */
void tree_have(struct tree *, size_t node, bool folder);
/* The node of that name in a folder; false: none. */
bool tree_find(const struct tree *, size_t folder, const char *name, size_t *node);
/* An entry under this name, in place of one that may be there. */
void tree_link(struct tree *, size_t folder, const char *name, size_t node);
void tree_unlink(struct tree *, size_t folder, const char *name);
void tree_put(struct tree *, size_t node, size_t off, const void *bytes, size_t len);
void tree_cut(struct tree *, size_t node, size_t len);

/* Whether any node, named or not, contains these bytes. */
bool tree_contains(const struct tree *, const void *needle, size_t len);

/* Make this state in the folder path, which is not there yet. */
void tree_write(const struct tree *, const char *path);
/* Whether the folder path holds exactly this state. */
bool tree_is(const struct tree *, const char *path);

#endif
