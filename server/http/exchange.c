#include "http/exchange.h"

#include <stdlib.h>
#include <string.h>

void exchange_header(struct exchange *x, const char *name, const char *value)
{
	if (x->header_count == EXCHANGE_HEADERS_MAX)
		return;
	x->headers[x->header_count].name = name;
	x->headers[x->header_count].value = strdup(value);
	x->header_count++;
}

enum MHD_Result exchange_send(struct exchange *x)
{
	enum MHD_Result result;

	if (!x->response)
		return MHD_NO;
	for (size_t i = 0; i < x->header_count; i++) {
		if (x->headers[i].value)
			MHD_add_response_header(x->response, x->headers[i].name,
						x->headers[i].value);
	}
	result = MHD_queue_response(x->connection, x->status, x->response);
	MHD_destroy_response(x->response);
	x->response = NULL;
	return result;
}

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	if (x->response)
		MHD_destroy_response(x->response);
	for (size_t i = 0; i < x->header_count; i++)
		free(x->headers[i].value);
	free(x);
}
