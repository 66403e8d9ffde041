/* Avro C's part of the Avro benchmark (bench/avro/run.py): avro-c-bench SCHEMAS DATA, then lines "CASE WAY". */
#include <avro.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUND_NS 200000000LL
#define RECORDS_MAX 100000

static char *records[RECORDS_MAX];
static uint32_t sizes[RECORDS_MAX];
static int record_count;

static int64_t cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void die(const char *what) {
  fprintf(stderr, "avro-c-bench: %s: %s\n", what, avro_strerror());
  exit(1);
}

static char *read_file(const char *folder, const char *name, const char *suffix, long *size) {
  char path[4096];
  snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
  FILE *file = fopen(path, "rb");
  if (file == NULL) die(path);
  fseek(file, 0, SEEK_END);
  *size = ftell(file);
  rewind(file);
  char *bytes = malloc((size_t)*size + 1);
  if (bytes == NULL || fread(bytes, 1, (size_t)*size, file) != (size_t)*size) die(path);
  bytes[*size] = 0;
  fclose(file);
  return bytes;
}

static void load_records(char *bytes, long size) {
  record_count = 0;
  for (long at = 0; at < size && record_count < RECORDS_MAX; ++record_count) {
    memcpy(&sizes[record_count], bytes + at, 4);
    records[record_count] = bytes + at + 4;
    at += 4 + (long)sizes[record_count];
  }
}

static void decode_all(avro_reader_t reader, avro_value_t *value) {
  for (int i = 0; i < record_count; ++i) {
    avro_reader_memory_set_source(reader, records[i], sizes[i]);
    avro_value_reset(value);
    if (avro_value_read(reader, value) != 0) die("decode");
  }
}

static void encode_all(avro_writer_t writer, avro_value_t *values) {
  for (int i = 0; i < record_count; ++i) {
    avro_writer_reset(writer);
    if (avro_value_write(writer, &values[i]) != 0) die("encode");
  }
}

static double time_case(const char *schemas, const char *data, const char *name, const char *way) {
  long size = 0;
  char *schema_text = read_file(schemas, name, ".avsc", &size);
  avro_schema_t schema;
  if (avro_schema_from_json_length(schema_text, (size_t)size, &schema) != 0) die(name);
  char *bytes = read_file(data, name, ".records", &size);
  load_records(bytes, size);
  avro_value_iface_t *type = avro_generic_class_from_schema(schema);
  avro_reader_t reader = avro_reader_memory(records[0], sizes[0]);
  int64_t rounds = 0;
  int64_t begin = 0;
  int64_t now = 0;
  if (strcmp(way, "decode") == 0) {
    avro_value_t value;
    avro_generic_value_new(type, &value);
    decode_all(reader, &value);
    for (begin = now = cpu_ns(); now - begin < ROUND_NS; now = cpu_ns(), ++rounds) decode_all(reader, &value);
    avro_value_decref(&value);
  } else if (strcmp(way, "encode") == 0) {
    static char out[1 << 20];
    avro_value_t *values = calloc((size_t)record_count, sizeof(avro_value_t));
    for (int i = 0; i < record_count; ++i) {
      avro_generic_value_new(type, &values[i]);
      avro_reader_memory_set_source(reader, records[i], sizes[i]);
      if (avro_value_read(reader, &values[i]) != 0) die("decode");
    }
    avro_writer_t writer = avro_writer_memory(out, sizeof(out));
    for (begin = now = cpu_ns(); now - begin < ROUND_NS; now = cpu_ns(), ++rounds) encode_all(writer, values);
    for (int i = 0; i < record_count; ++i) avro_value_decref(&values[i]);
    free(values);
    avro_writer_free(writer);
  }
  avro_reader_free(reader);
  avro_value_iface_decref(type);
  avro_schema_decref(schema);
  free(bytes);
  free(schema_text);
  return rounds == 0 ? -1 : (double)(now - begin) / (double)(rounds * record_count);
}

int main(int argc, char **argv) {
  char name[64];
  char way[64];
  if (argc != 3) {
    fprintf(stderr, "usage: avro-c-bench SCHEMAS_FOLDER DATA_FOLDER (bench/avro/run.py runs it)\n");
    return 2;
  }
  printf("ready\n");
  fflush(stdout);
  while (scanf("%63s %63s", name, way) == 2) {
    printf("%.3f\n", time_case(argv[1], argv[2], name, way));
    fflush(stdout);
  }
  return 0;
}
