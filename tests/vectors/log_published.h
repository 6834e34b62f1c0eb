#ifndef EL_TESTS_VECTORS_LOG_PUBLISHED_H
#define EL_TESTS_VECTORS_LOG_PUBLISHED_H

/* What others have published in the formats of the public log: notes, keys and checkpoints. */

/*
 * Go module golang.org/x/mod, sumdb/note/note_test.go: a key "name+id+base64(algorithm || public key)", its seed, the
 * note's text, and the line it signs; a second signer's.
 */
#define PETER_NAME "PeterNeumann"
#define PETER_ID "c74f20a3"
#define PETER_KEY "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_SEED "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PETER_TEXT \
	"If you think cryptography is the answer to your problem,\n" \
	"then you don't know what your problem is.\n"
#define PETER_BASE64 "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
#define PETER_LINE "\u2014 PeterNeumann " PETER_BASE64 "\n"
#define ENOCH_NAME "EnochRoot"
#define ENOCH_ID "af0cfe78"
#define ENOCH_KEY "ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
#define ENOCH_LINE \
	"\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33W" \
	"Wd1RvMc+QQ=\n"

/* C2SP signed-note, the example at its top.  Its text has an empty line; no key is given. */
#define QUASIMODO_TEXT \
	"Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned \u00e8 subito sera.\n"
#define QUASIMODO_LINE \
	"\u2014 quasimodo.example/salvatore " \
	"NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"

/* C2SP tlog-checkpoint and tlog-cosignature, the examples at their tops. */
#define SOFA_ORIGIN "example.com/behind-the-sofa"
#define SOFA_REST "20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define SOFA_BASE64 "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="
#define SOFA_NOTE \
	SOFA_ORIGIN "\n" SOFA_REST "\n\u2014 " SOFA_ORIGIN " " SOFA_BASE64 "\n" \
	"\u2014 witness.example.com/w1 " \
	"jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"

/*
 * The signature of that example is one of Go's checksum database (https://sum.golang.org) with the names exchanged;
 * with its own it verifies.  The key is the one that the go command has built in.
 */
#define SUMDB_NAME "sum.golang.org"
#define SUMDB_ID "033de0ae"
#define SUMDB_KEY "Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
#define SUMDB_NOTE "go.sum database tree\n" SOFA_REST "\n\u2014 " SUMDB_NAME " " SOFA_BASE64 "\n"

/*
 * A checkpoint of a certificate transparency log as it was published: signatures of the log (of two kinds, one
 * unknown here) and cosignatures of four witnesses.  It and the keys, of the log and of one witness, stand in the
 * tests of public witness programs; the witness's key also in github.com/transparency-dev/formats,
 * note/note_cosigv1_test.go.
 */
#define ARCHE_ORIGIN "arche2025h1.staging.ct.transparency.dev"
#define ARCHE_SIZE 1432088532
#define ARCHE_ROOT "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro="
#define ARCHE_TEXT ARCHE_ORIGIN "\n1432088532\n" ARCHE_ROOT "\n"
#define ARCHE_ID "ba2f06c0"
#define ARCHE_KEY "AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
#define REMORA_NAME "remora.n621.de"
#define REMORA_ID "da77ade7"
#define REMORA_KEY "BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
#define REMORA_TIME 1779573024 /* 6a122120 in the line */
#define REMORA_LINE \
	"\u2014 remora.n621.de " \
	"2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==\n"
#define ARCHE_NOTE \
	ARCHE_TEXT "\n" \
	"\u2014 " ARCHE_ORIGIN " zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIp" \
	"wtEroeW2BXaHAI" \
	"4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n" \
	"\u2014 " ARCHE_ORIGIN " ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59R" \
	"A23oHP7Ry1k3ZF" \
	"WwQ=\n" \
	"\u2014 transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2r" \
	"hIgcqoXHAwVkjZr4" \
	"AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==\n" \
	"\u2014 witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ" \
	"75W3u5hNI7TOQt" \
	"mJbqmNWVuE0tgh0XwzdZsDsUAQ==\n" REMORA_LINE \
	"\u2014 witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmI" \
	"Y/2TUFucgKi7lI" \
	"7cUiOvKFYe/TmN9DAg==\n"

#endif
