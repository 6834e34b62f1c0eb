#include "daybook_conformance.h"

int
main(void)
{
	return daybook_conformance("sqlite", el_daybook_sqlite_open, el_daybook_sqlite_work);
}
