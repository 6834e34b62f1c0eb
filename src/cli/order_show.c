#include <unistd.h>

#include "cli/cli.h"
#include "cli/order_common.h"
#include "cli/words.h"

/* entrylog order show ORDER: in words, with who has signed and what is missing. */
int
el_cli_order_show(struct el_cli *c)
{
	struct el_order_file *f = NULL;
	struct el_trust *trust = NULL;
	struct el_order order;
	int64_t now;
	int r;

	if (el_args_count(&c->args, NULL) != 1)
		return el_cli_usage(c, "one ORDER is needed");
	if ((r = el_cli_order_load(c, el_args_at(&c->args, NULL, 0), NULL, &f, &order, &trust, &now)) == EL_OK) {
		if (c->json)
			el_cli_json(el_order_words_json(&order, f, trust->policy, now));
		else
			el_order_words(stdout, &order, f, trust->policy, now);
	}
	el_order_file_free(f);
	el_cli_trust_free(trust);
	return el_cli_status(r);
}
