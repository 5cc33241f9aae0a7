#include "config_document.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/strbuf.h"

enum {
	KEY_SIZE = 256,	  /* bytes of "tls.profiles[0].name"; the schema's
			     deepest key is far shorter */
	FIELDS_MAX = 32,  /* keys of one mapping in the schema */
	GOT_SIZE = 80,	  /* of a value, as shown in an error */
	PORT_MAX = 65535, /* RFC 9293 */
};

struct place {
	char *key;
	unsigned int line;
};

struct config_places {
	char *path;
	struct place *list; /* in the order of the file */
	size_t count, room;
};

struct walk {
	const char *text; /* the file */
	yaml_document_t document;
	struct config_places *places;
	char key[KEY_SIZE]; /* of the value in hand */
	unsigned int line;  /* of its key, or its own in a list */
	struct err *err;
};

static bool check_value(struct walk *w, const yaml_node_t *node,
			unsigned int line, const cyaml_schema_value_t *schema);

/* ---- places ------------------------------------------------------------- */

static bool add_place(struct walk *w)
{
	struct config_places *p = w->places;
	struct place *list = p->list;

	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : 64;
		list = reallocarray(p->list, p->room, sizeof(*list));
		if (!list)
			return err_memory(w->err);
		p->list = list;
	}
	list[p->count].key = strdup(w->key);
	if (!list[p->count].key)
		return err_memory(w->err);
	list[p->count++].line = w->line;
	return true;
}

/* Does `key` name `outer` or something in it? */
static bool lies_in(const char *key, const char *outer)
{
	size_t len = strlen(outer);

	return strncmp(key, outer, len) == 0 && strchr(".[", key[len]);
}

void document_free(struct config_places *places)
{
	if (!places)
		return;
	for (size_t i = 0; i < places->count; i++)
		free(places->list[i].key);
	free(places->list);
	free(places->path);
	free(places);
}

bool document_wrap(const struct config_places *places, struct err *err,
		   const char *key_fmt, ...)
{
	char key[KEY_SIZE];
	unsigned int line = 1;
	va_list args;

	va_start(args, key_fmt);
	vsnprintf(key, sizeof(key), key_fmt, args);
	va_end(args);
	/* What is within comes after what is around it. */
	for (size_t i = 0; i < places->count; i++) {
		if (lies_in(key, places->list[i].key))
			line = places->list[i].line;
	}
	return err_wrap(err, "%s:%u: %s", places->path, line, key);
}

/* ---- faults ------------------------------------------------------------- */

static unsigned int line_of(const yaml_node_t *node)
{
	return (unsigned int)node->start_mark.line + 1;
}

/* Fill *w->err with file, line, the key in hand and a reason. */
static bool fault(const struct walk *w, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static bool fault(const struct walk *w, unsigned int line, const char *fmt, ...)
{
	char reason[ERR_TEXT_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return err_set(w->err, ERR_INVALID, "%s:%u: %s%s%s", w->places->path,
		       line, w->key, w->key[0] ? ": " : "", reason);
}

static bool is_empty(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE && !node->data.scalar.length &&
	       node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static const char *text_of(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

/* What was got and what is wanted. */
static bool mismatch(const struct walk *w, const yaml_node_t *node,
		     const char *wanted)
{
	char got[GOT_SIZE] = "nothing";

	if (node->type == YAML_MAPPING_NODE)
		text_copy(got, sizeof(got), "a mapping");
	else if (node->type == YAML_SEQUENCE_NODE)
		text_copy(got, sizeof(got), "a list");
	else if (!is_empty(node))
		snprintf(got, sizeof(got), "'%.60s'", text_of(node));
	return fault(w, w->line, "got %s, wanted %s", got, wanted);
}

/* ---- one check for each kind of value ------------------------------------ */

/* Text that fits on a line and into a C string. */
static bool check_scalar(const struct walk *w, const yaml_node_t *node,
			 const char *wanted)
{
	if (node->type != YAML_SCALAR_NODE || is_empty(node))
		return mismatch(w, node, wanted);
	for (size_t i = 0; i < node->data.scalar.length; i++) {
		unsigned char c = node->data.scalar.value[i];

		if (c < 0x20 || c == 0x7f)
			return fault(w, w->line, "control character \\x%02x",
				     c);
	}
	return true;
}

static bool check_string(struct walk *w, const yaml_node_t *node,
			 const cyaml_schema_value_t *schema)
{
	if (!check_scalar(w, node, "text"))
		return false;
	if (node->data.scalar.length < schema->string.min)
		return mismatch(w, node, "text");
	if (node->data.scalar.length > schema->string.max)
		return fault(w, w->line,
			     "got %zu characters, wanted at most %u",
			     node->data.scalar.length, schema->string.max);
	return true;
}

static bool check_port(struct walk *w, const yaml_node_t *node,
		       const cyaml_schema_value_t *schema)
{
	const char *text = text_of(node);
	unsigned long port;
	char *end;

	(void)schema;
	if (!check_scalar(w, node, "a port from 1 to 65535"))
		return false;
	port = strtoul(text, &end, 10);
	/* A leading zero would be octal to libcyaml. */
	if (text[0] < '1' || text[0] > '9' || *end || port > PORT_MAX)
		return mismatch(w, node, "a port from 1 to 65535");
	return true;
}

/* The words that are supported, as "text or json". */
static void list_words(char list[static GOT_SIZE],
		       const cyaml_schema_value_t *schema)
{
	const cyaml_strval_t *words = schema->enumeration.strings;
	size_t len = 0;

	for (uint32_t i = 0; i < schema->enumeration.count; i++) {
		if (words[i].val < 0)
			continue;
		len += (size_t)snprintf(list + len, GOT_SIZE - len, "%s%s",
					len ? " or " : "", words[i].str);
		assert(len < GOT_SIZE);
	}
}

static bool check_word(struct walk *w, const yaml_node_t *node,
		       const cyaml_schema_value_t *schema)
{
	const cyaml_strval_t *words = schema->enumeration.strings;
	char wanted[GOT_SIZE];
	uint32_t i = 0;

	list_words(wanted, schema);
	if (!check_scalar(w, node, wanted))
		return false;
	while (i < schema->enumeration.count &&
	       strcmp(text_of(node), words[i].str) != 0)
		i++;
	if (i == schema->enumeration.count)
		return mismatch(w, node, wanted);
	return words[i].val >= 0 ||
	       fault(w, w->line, "'%s' is not supported yet, wanted %s",
		     words[i].str, wanted);
}

static bool check_unsupported(struct walk *w, const yaml_node_t *node,
			      const cyaml_schema_value_t *schema)
{
	(void)schema;
	if (node->type == YAML_SEQUENCE_NODE &&
	    node->data.sequence.items.start == node->data.sequence.items.top)
		return true;
	return fault(w, w->line, "not supported yet");
}

static bool check_list(struct walk *w, const yaml_node_t *node,
		       const cyaml_schema_value_t *schema)
{
	const yaml_node_item_t *items;
	const yaml_node_t *item;
	size_t key_len = strlen(w->key), count;

	if (node->type != YAML_SEQUENCE_NODE)
		return mismatch(w, node, "a list");
	items = node->data.sequence.items.start;
	count = (size_t)(node->data.sequence.items.top - items);
	if (count < schema->sequence.min || count > schema->sequence.max)
		return fault(w, w->line, "got %zu entries, wanted %u to %u",
			     count, schema->sequence.min, schema->sequence.max);
	for (size_t i = 0; i < count; i++) {
		snprintf(w->key + key_len, KEY_SIZE - key_len, "[%zu]", i);
		item = yaml_document_get_node(&w->document, items[i]);
		if (!check_value(w, item, line_of(item),
				 schema->sequence.entry))
			return false;
	}
	w->key[key_len] = '\0';
	return true;
}

/* ---- mappings ----------------------------------------------------------- */

static bool unknown_key(const struct walk *w, const yaml_node_t *key,
			const cyaml_schema_field_t *fields)
{
	struct strbuf known = {0};

	for (size_t i = 0; fields[i].key; i++)
		strbuf_printf(&known, "%s%s", i ? ", " : "", fields[i].key);
	if (known.failed)
		err_memory(w->err);
	else
		fault(w, line_of(key), "unknown key '%.60s', known are %s",
		      text_of(key), known.data);
	strbuf_free(&known);
	return false;
}

static void enter(struct walk *w, size_t key_len, const char *key)
{
	snprintf(w->key + key_len, KEY_SIZE - key_len, "%s%s",
		 key_len ? "." : "", key);
}

static bool check_pair(struct walk *w, const yaml_node_pair_t *pair,
		       const cyaml_schema_field_t *fields,
		       unsigned int seen[static FIELDS_MAX])
{
	yaml_node_t *key = yaml_document_get_node(&w->document, pair->key);
	yaml_node_t *value = yaml_document_get_node(&w->document, pair->value);
	size_t i, key_len = strlen(w->key);
	bool ok;

	w->line = line_of(key);
	if (!check_scalar(w, key, "a key"))
		return false;
	for (i = 0; fields[i].key; i++) {
		if (strcmp(fields[i].key, text_of(key)) == 0)
			break;
	}
	if (!fields[i].key)
		return unknown_key(w, key, fields);
	assert(i < FIELDS_MAX);
	enter(w, key_len, fields[i].key);
	if (seen[i])
		return fault(w, line_of(key),
			     "repeated, it stands on line %u already", seen[i]);
	seen[i] = line_of(key);
	ok = check_value(w, value, seen[i], &fields[i].value);
	w->key[key_len] = '\0';
	return ok;
}

static bool check_mapping(struct walk *w, const yaml_node_t *node,
			  const cyaml_schema_value_t *schema)
{
	const cyaml_schema_field_t *fields = schema->mapping.fields;
	unsigned int seen[FIELDS_MAX] = {0};
	const yaml_node_pair_t *pair;
	size_t key_len = strlen(w->key);
	unsigned int line = w->line;

	if (node->type != YAML_MAPPING_NODE)
		return mismatch(w, node, "a mapping");
	for (pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		if (!check_pair(w, pair, fields, seen))
			return false;
	}
	for (size_t i = 0; fields[i].key; i++) {
		if (seen[i] || fields[i].value.flags & CYAML_FLAG_OPTIONAL)
			continue;
		enter(w, key_len, fields[i].key);
		return fault(w, line, "missing");
	}
	return true;
}

static bool check_value(struct walk *w, const yaml_node_t *node,
			unsigned int line, const cyaml_schema_value_t *schema)
{
	static bool (*const checks[CYAML__TYPE_COUNT])(
		struct walk *, const yaml_node_t *,
		const cyaml_schema_value_t *) = {
		[CYAML_MAPPING] = check_mapping,
		[CYAML_SEQUENCE] = check_list,
		[CYAML_STRING] = check_string,
		[CYAML_ENUM] = check_word,
		[CYAML_UINT] = check_port,
		[CYAML_IGNORE] = check_unsupported};

	assert(checks[schema->type]);
	w->line = line;
	return add_place(w) && checks[schema->type](w, node, schema);
}

/* ---- the document ------------------------------------------------------- */

/* The line of a byte of the file. */
static unsigned int line_at(const struct walk *w, size_t offset)
{
	unsigned int line = 1;

	for (size_t i = 0; i < offset; i++)
		line += w->text[i] == '\n';
	return line;
}

static bool parse(const struct walk *w, yaml_parser_t *parser,
		  yaml_document_t *document)
{
	if (yaml_parser_load(parser, document))
		return true;
	if (parser->error == YAML_MEMORY_ERROR)
		return err_memory(w->err);
	if (parser->error == YAML_READER_ERROR)
		return fault(w, line_at(w, parser->problem_offset),
			     "not UTF-8 text: %s", parser->problem);
	return fault(w, (unsigned int)parser->problem_mark.line + 1,
		     "not YAML: %s", parser->problem);
}

/* Nothing may follow the document. */
static bool check_end(const struct walk *w, yaml_parser_t *parser)
{
	yaml_document_t next;
	yaml_node_t *root;

	if (!parse(w, parser, &next))
		return false;
	root = yaml_document_get_root_node(&next);
	if (root)
		fault(w, line_of(root), "a second document, wanted one only");
	yaml_document_delete(&next);
	return !root;
}

static bool check_document(struct walk *w, yaml_parser_t *parser,
			   const cyaml_schema_value_t *schema)
{
	yaml_node_t *root;
	bool ok = false;

	if (!parse(w, parser, &w->document))
		return false;
	root = yaml_document_get_root_node(&w->document);
	if (!root)
		fault(w, 1, "the file is empty");
	else
		ok = check_value(w, root, line_of(root), schema) &&
		     check_end(w, parser);
	yaml_document_delete(&w->document);
	return ok;
}

bool document_check(struct config_places **out, const char *path,
		    const char *text, size_t len,
		    const cyaml_schema_value_t *schema, struct err *err)
{
	struct config_places *places = calloc(1, sizeof(*places));
	struct walk w = {.text = text, .places = places, .err = err};
	yaml_parser_t parser;
	bool ok;

	*out = NULL;
	if (places)
		places->path = strdup(path);
	if (!places || !places->path || !yaml_parser_initialize(&parser)) {
		document_free(places);
		return err_memory(err);
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	ok = check_document(&w, &parser, schema);
	yaml_parser_delete(&parser);
	if (!ok) {
		document_free(places);
		return false;
	}
	*out = places;
	return true;
}
