#include "net/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static int
parse(const char *p, size_t len, uint8_t out[EL_ADDRESS_LEN])
{
	struct sockaddr_storage s = { .ss_family = AF_UNSPEC };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	char text[INET6_ADDRSTRLEN];

	if (len >= sizeof text)
		return EL_EFORMAT;
	memcpy(text, p, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		memcpy(&s, &v4, sizeof v4);
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		memcpy(&s, &v6, sizeof v6);
	else
		return EL_EFORMAT;
	el_address_of(&s, out);
	return EL_OK;
}

int
el_proxies_read(const struct el_conf_list *list, struct el_proxies *out)
{
	out->n = 0;
	for (size_t i = 0; i < list->n; i++)
		if (parse(list->item[i], strlen(list->item[i]), out->at[i]) != EL_OK)
			return EL_ECONFIG;
	out->n = list->n;
	return EL_OK;
}

bool
el_proxies_has(const struct el_proxies *p, const uint8_t a[EL_ADDRESS_LEN])
{
	for (size_t i = 0; i < p->n; i++)
		if (memcmp(p->at[i], a, EL_ADDRESS_LEN) == 0)
			return true;
	return false;
}

int
el_proxy_client(const char *value, uint8_t out[EL_ADDRESS_LEN])
{
	const char *const comma = strrchr(value, ','), *p = comma != NULL ? comma + 1 : value;
	size_t len;

	p += strspn(p, " \t");
	len = strlen(p);
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	return parse(p, len, out);
}
