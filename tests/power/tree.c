#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LEN 1024

void *
tree_grow(void *p, size_t n, size_t size)
{
	void *const more = realloc(p, (n > 0 ? n : 1) * size);

	if (more == NULL)
		abort();
	return more;
}

struct tree *
tree_new(void)
{
	struct tree *const t = tree_grow(NULL, 1, sizeof *t);

	*t = (struct tree){ 0 };
	tree_have(t, TREE_ROOT, true);
	return t;
}

struct tree *
tree_copy(const struct tree *from)
{
	struct tree *const t = tree_grow(NULL, 1, sizeof *t);

	t->n = from->n;
	t->node = tree_grow(NULL, t->n, sizeof *t->node);
	for (size_t i = 0; i < t->n; i++) {
		const struct tree_node *const f = &from->node[i];
		struct tree_node *const n = &t->node[i];

		*n = *f;
		n->bytes = tree_grow(NULL, f->len, 1);
		n->entry = tree_grow(NULL, f->n_entry, sizeof *f->entry);
		if (f->len > 0)
			memcpy(n->bytes, f->bytes, f->len);
		if (f->n_entry > 0)
			memcpy(n->entry, f->entry, f->n_entry * sizeof *f->entry);
	}
	return t;
}

void
tree_free(struct tree *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++) {
		free(t->node[i].bytes);
		free(t->node[i].entry);
	}
	free(t->node);
	free(t);
}

void
tree_have(struct tree *t, size_t node, bool folder)
{
	while (t->n <= node) {
		t->node = tree_grow(t->node, t->n + 1, sizeof *t->node);
		t->node[t->n++] = (struct tree_node){ 0 };
	}
	t->node[node].folder = folder;
}

static struct tree_entry *
entry_of(const struct tree *t, size_t folder, const char *name)
{
	struct tree_node *const f = &t->node[folder];

	for (size_t i = 0; i < f->n_entry; i++)
		if (strcmp(f->entry[i].name, name) == 0)
			return &f->entry[i];
	return NULL;
}

bool
tree_find(const struct tree *t, size_t folder, const char *name, size_t *node)
{
	const struct tree_entry *const e = entry_of(t, folder, name);

	if (e != NULL)
		*node = e->node;
	return e != NULL;
}

void
tree_link(struct tree *t, size_t folder, const char *name, size_t node)
{
	struct tree_node *const f = &t->node[folder];
	struct tree_entry *e = entry_of(t, folder, name);

	if (e == NULL) {
		f->entry = tree_grow(f->entry, f->n_entry + 1, sizeof *f->entry);
		e = &f->entry[f->n_entry++];
		snprintf(e->name, sizeof e->name, "%s", name);
	}
	e->node = node;
}

void
tree_unlink(struct tree *t, size_t folder, const char *name)
{
	struct tree_node *const f = &t->node[folder];
	struct tree_entry *const e = entry_of(t, folder, name);

	if (e != NULL)
		*e = f->entry[--f->n_entry];
}

void
tree_cut(struct tree *t, size_t node, size_t len)
{
	struct tree_node *const n = &t->node[node];

	n->bytes = tree_grow(n->bytes, len, 1);
	if (len > n->len)
		memset(n->bytes + n->len, 0, len - n->len);
	n->len = len;
}

void
tree_put(struct tree *t, size_t node, size_t off, const void *bytes, size_t len)
{
	if (off + len > t->node[node].len)
		tree_cut(t, node, off + len);
	memcpy(t->node[node].bytes + off, bytes, len);
}

bool
tree_contains(const struct tree *t, const void *needle, size_t len)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->node[i].len >= len && memmem(t->node[i].bytes, t->node[i].len, needle, len) != NULL)
			return true;
	return false;
}

static void
write_file(const struct tree_node *n, const char *path)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, n->bytes, n->len) != (ssize_t)n->len || close(fd) != 0)
		abort();
}

static void
write_node(const struct tree *t, size_t node, const char *path)
{
	const struct tree_node *const n = &t->node[node];
	char sub[PATH_LEN];

	if (!n->folder) {
		write_file(n, path);
		return;
	}
	if (mkdir(path, 0700) != 0)
		abort();
	for (size_t i = 0; i < n->n_entry; i++) {
		snprintf(sub, sizeof sub, "%.900s/%s", path, n->entry[i].name);
		write_node(t, n->entry[i].node, sub);
	}
}

void
tree_write(const struct tree *t, const char *path)
{
	write_node(t, TREE_ROOT, path);
}

static bool
file_is(const struct tree_node *n, const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *const p = tree_grow(NULL, n->len + 1, 1);
	const bool same =
	    fd >= 0 && read(fd, p, n->len + 1) == (ssize_t)n->len && (n->len == 0 || memcmp(p, n->bytes, n->len) == 0);

	free(p);
	if (fd >= 0)
		close(fd);
	return same;
}

static bool
node_is(const struct tree *t, size_t node, const char *path)
{
	const struct tree_node *const n = &t->node[node];
	const struct dirent *e;
	char sub[PATH_LEN];
	bool same = true;
	size_t found, count = 0;
	DIR *d;

	if (!n->folder)
		return file_is(n, path);
	if ((d = opendir(path)) == NULL)
		return false;
	while (same && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		count++;
		snprintf(sub, sizeof sub, "%.700s/%s", path, e->d_name);
		same = tree_find(t, node, e->d_name, &found) && node_is(t, found, sub);
	}
	closedir(d);
	return same && count == n->n_entry;
}

bool
tree_is(const struct tree *t, const char *path)
{
	return node_is(t, TREE_ROOT, path);
}
