#include "cli/cli.h"

#define END { NULL, EL_OPTION_FLAG }

static const struct el_option keys_new[] = { { "output", EL_OPTION_VALUE }, { "epoch", EL_OPTION_VALUE },
	{ "day-offset", EL_OPTION_VALUE }, { "lab", EL_OPTION_FLAG }, { "passphrase-file", EL_OPTION_VALUE }, END };
static const struct el_option keys_ceremony[] = { { "dir", EL_OPTION_VALUE }, { "trustee", EL_OPTION_LIST },
	{ "officer", EL_OPTION_LIST }, { "threshold", EL_OPTION_VALUE }, { "days", EL_OPTION_VALUE },
	{ "lab", EL_OPTION_FLAG }, { "health-group", EL_OPTION_VALUE }, { "quorum", EL_OPTION_LIST },
	{ "day-offset", EL_OPTION_VALUE }, { "consent", EL_OPTION_VALUE }, { "witness", EL_OPTION_LIST },
	{ "template-file", EL_OPTION_VALUE }, { "cap", EL_OPTION_VALUE }, { "policy-only", EL_OPTION_FLAG },
	{ "passphrase-file", EL_OPTION_VALUE }, END };
static const struct el_option keys_dkg[] = { { "dir", EL_OPTION_VALUE }, { "first", EL_OPTION_VALUE },
	{ "days", EL_OPTION_VALUE }, { "key", EL_OPTION_VALUE }, { "state", EL_OPTION_VALUE },
	{ "without", EL_OPTION_LIST }, { "root", EL_OPTION_VALUE }, { "output", EL_OPTION_VALUE },
	{ "passphrase-file", EL_OPTION_VALUE }, END };
static const struct el_option keys_directory[] = { { "root", EL_OPTION_VALUE }, { "dir", EL_OPTION_VALUE },
	{ "issuer", EL_OPTION_VALUE }, { "name", EL_OPTION_VALUE }, { "url", EL_OPTION_VALUE },
	{ "token", EL_OPTION_VALUE }, { "answer", EL_OPTION_VALUE }, { "log", EL_OPTION_VALUE },
	{ "from", EL_OPTION_VALUE }, { "to", EL_OPTION_VALUE }, { "passphrase-file", EL_OPTION_VALUE }, END };
static const struct el_option keys_list[] = { { "config", EL_OPTION_VALUE }, END };
static const struct el_option token_show[] = { { "directory", EL_OPTION_VALUE }, END };
static const struct el_option order_new[] = { { "dir", EL_OPTION_VALUE }, { "venue", EL_OPTION_LIST },
	{ "from", EL_OPTION_VALUE }, { "to", EL_OPTION_VALUE }, { "phone-file", EL_OPTION_VALUE },
	{ "template", EL_OPTION_VALUE }, { "day", EL_OPTION_VALUE },
	{ "case-file", EL_OPTION_VALUE }, { "executor", EL_OPTION_VALUE }, { "limit", EL_OPTION_VALUE },
	{ "expires", EL_OPTION_VALUE }, { "issuer", EL_OPTION_LIST }, { "country", EL_OPTION_VALUE },
	{ "output", EL_OPTION_VALUE }, END };
static const struct el_option order_show[] = { { "dir", EL_OPTION_VALUE }, END };
static const struct el_option order_sign[] = { { "key", EL_OPTION_VALUE }, { "dir", EL_OPTION_VALUE },
	{ "passphrase-file", EL_OPTION_VALUE }, { "yes", EL_OPTION_FLAG }, END };
static const struct el_option join[] = { { "config", EL_OPTION_VALUE }, { "trustee", EL_OPTION_LIST },
	{ "output", EL_OPTION_VALUE }, { "timeout", EL_OPTION_VALUE }, { "passphrase-file", EL_OPTION_VALUE }, END };
static const struct el_option trustee_accept[] = { { "key", EL_OPTION_VALUE }, { "bundle", EL_OPTION_VALUE },
	{ "dir", EL_OPTION_VALUE }, { "output", EL_OPTION_VALUE }, { "passphrase-file", EL_OPTION_VALUE }, END };
static const struct el_option trustee_open[] = { { "share", EL_OPTION_VALUE }, { "dir", EL_OPTION_VALUE },
	{ "output", EL_OPTION_VALUE }, { "yes", EL_OPTION_FLAG }, { "witness-key", EL_OPTION_VALUE },
	{ "offline", EL_OPTION_FLAG }, { "passphrase-file", EL_OPTION_VALUE }, END };
static const struct el_option report_show[] = { { "config", EL_OPTION_VALUE }, { "utc-offset", EL_OPTION_VALUE },
	END };
static const struct el_option report_export[] = { { "config", EL_OPTION_VALUE }, { "csv", EL_OPTION_FLAG },
	{ "bom", EL_OPTION_FLAG }, { "utc-offset", EL_OPTION_VALUE }, { "output", EL_OPTION_VALUE }, END };
static const struct el_option purge[] = { { "config", EL_OPTION_VALUE }, { "confirm-clock", EL_OPTION_FLAG }, END };
static const struct el_option log_verify[] = { { "dir", EL_OPTION_VALUE }, { "since", EL_OPTION_VALUE },
	{ "strict", EL_OPTION_FLAG }, END };
static const struct el_option doctor[] = { { "config", EL_OPTION_VALUE }, END };

const struct el_command el_commands[] = {
	{ "keys", "new", keys_new,
	    "officer|executor|trustee|witness|issuer|pair|log|answer -o FILE [--passphrase-file FILE] "
	    "[--epoch N | --day-offset S [--lab]]",
	    "make one key file and FILE.pub", el_cli_keys_new },
	{ "keys", "ceremony", keys_ceremony,
	    "--dir DIR --trustee [NAME:GROUP:]PUB... --officer [NAME:]GROUP:PUB... --threshold T [--days 60]\n"
	    "       [--quorum KIND:GROUP=N,GROUP=N...] [--health-group health] [--day-offset 18000] [--consent 2] [--lab]\n"
	    "       [--witness PUB...] [--template-file FILE] [--cap N] [--policy-only] [--passphrase-file FILE]\n"
	    "       with an existing DIR: --dir DIR [--days N] deals further days",
	    "root, policy, bundle; shares leave sealed to the trustees", el_cli_keys_ceremony },
	{ "keys", "dkg", keys_dkg,
	    "plan FOLDER --dir DIR [--first E] [--days 60] |\n"
	    "       commit FOLDER --dir DIR --key FILE --state FILE |\n"
	    "       reveal|deal|check|answer|finish FOLDER --key FILE --state FILE [--without N...] |\n"
	    "       bundle FOLDER --root FILE [--dir DIR] [--without N...] |\n"
	    "       accept FOLDER --dir DIR --key FILE --state FILE -o SHARE [--without N...]    (each: [--passphrase-file FILE])",
	    "epoch keys that the trustees make among themselves", el_cli_keys_dkg },
	{ "keys", "directory", keys_directory,
	    "--root FILE [--dir DIR] list |\n"
	    "       add registry --name NAME --url URL --answer PUB [--log PUB] |\n"
	    "       add issuer --issuer N --name NAME --url URL --token PUB --answer PUB [--log PUB] [--from E] [--to E]",
	    "who the registry and the issuers are, and their keys", el_cli_keys_directory },
	{ "keys", "list", keys_list, "DIR", "what is there, whose, until when (never the key)", el_cli_keys_list },
	{ "token", "show", token_show, "FILE|- [--directory FILE]", "decode a token, and verify it", el_cli_token_show },
	{ "order", "new", order_new,
	    "notice --template N --day YYYY-MM-DD --dir DIR --venue ID... --from TIME --to TIME --case-file FILE\n"
	    "       --executor PUB -o ORDER |\n"
	    "       contacts --dir DIR --venue ID... --from TIME --to TIME --case-file FILE --executor PUB -o ORDER |\n"
	    "       trace --dir DIR --phone-file FILE --from TIME --to TIME --case-file FILE --executor PUB -o ORDER\n"
	    "       [--issuer N...] [--limit 1000] [--expires 24] [--country 82]",
	    "draft an order with its fresh key ORDER.key; naming people is the last resort: a notice tells them", el_cli_order_new },
	{ "order", "show", order_show, "ORDER [--dir DIR]", "in words, who has signed and what is missing",
	    el_cli_order_show },
	{ "order", "sign", order_sign, "--key FILE ORDER [--dir DIR] [--passphrase-file FILE]",
	    "sign, once every scope was recomputed", el_cli_order_sign },
	{ "join", NULL, join, "ORDER --config FILE [--trustee N=URL|PARTIALS...] [--timeout 120] -o REPORT",
	    "carry out an order; without enough partials writes ORDER.request", el_cli_join },
	{ "trustee", "accept", trustee_accept, "--key FILE --bundle FILE SEALED -o SHARE [--dir DIR] [--passphrase-file FILE]",
	    "verify and acknowledge a share", el_cli_trustee_accept },
	{ "trustee", "open", trustee_open,
	    "--share FILE REQUEST -o PARTIALS [--witness-key FILE] [--offline] [--dir DIR] [--yes]",
	    "show an order in words, ask, then open", el_cli_trustee_open },
	{ "trustee", "purge", NULL, "SHARE", "destroy the days that are due", el_cli_trustee_purge },
	{ "report", "show", report_show, "REPORT --config FILE [--utc-offset +09:00]", "print a report", el_cli_report_show },
	{ "report", "export", report_export, "REPORT --config FILE [--csv [--bom] | --json] [--utc-offset +09:00] [-o FILE]",
	    "spreadsheet-safe CSV, or JSON; with -o also FILE.manifest: rows, SHA-256, order", el_cli_report_export },
	{ "log", "verify", log_verify, "URL|DIR... [--dir DOCUMENTS] [--since CHECKPOINT] [--strict]",
	    "verify public logs whole, and hold them against each other", el_cli_log_verify },
	{ "purge", NULL, purge, "--config FILE [--confirm-clock]", "ask the running daemon to destroy what is due",
	    el_cli_purge },
	{ "doctor", NULL, doctor, "--config FILE", "clock, keys, permissions, space, purge lag, versions", el_cli_doctor },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
