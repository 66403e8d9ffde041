import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityResult;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryData;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonDecoder;
import org.apache.avro.io.JsonEncoder;

/** Java's Avro answering the questions of answers.cc: a request per line of standard input, an answer per line. */
public final class AvroPeer {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Keeps the entries of a map in the order in which they were read, so that encoding them again is comparable. */
  private static final GenericData ORDERED = new GenericData() {
    @Override
    public Object newMap(Object old, int size) {
      return new LinkedHashMap<>();
    }
  };

  public static void main(String[] arguments) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.write(JSON.writeValueAsString(answer(JSON.readTree(line))));
      out.write('\n');
      out.flush();
    }
  }

  private static ObjectNode answer(JsonNode request) {
    String op = request.get("op").asText();
    try {
      switch (op) {
        case "schema":
          return facts(request.get("schema").asText());
        case "case":
          return answerCase(request);
        case "from_json":
          return fromJson(request);
        case "write_container":
          return writeContainer(request);
        case "read_container":
          return readContainer(request);
        default:
          return object().put("error", "no such op: " + op);
      }
    } catch (Exception | VirtualMachineError failure) {
      return failed(failure);
    }
  }

  private static ObjectNode object() {
    return JSON.createObjectNode();
  }

  private static ObjectNode failed(Throwable failure) {
    return object().put("error", failure.toString());
  }

  private static Schema parse(String text) {
    return new Schema.Parser().parse(text);
  }

  private static ObjectNode facts(String text) {
    try {
      Schema schema = parse(text);
      byte[] crc = SchemaNormalization.parsingFingerprint("CRC-64-AVRO", schema);
      return object()
          .put("canonical", SchemaNormalization.toParsingForm(schema))
          .put("crc64", String.format("%016x", SchemaNormalization.parsingFingerprint64(schema)))
          .put("crc64_bytes", hex(crc))
          .put("md5", hex(SchemaNormalization.parsingFingerprint("MD5", schema)))
          .put("sha256", hex(SchemaNormalization.parsingFingerprint("SHA-256", schema)))
          .put("text", schema.toString());
    } catch (Exception | VirtualMachineError failure) {
      return failed(failure);
    }
  }

  private static ObjectNode answerCase(JsonNode request) {
    String writerText = request.get("writer").asText();
    String readerText = request.get("reader").asText();
    ObjectNode answer = object();
    answer.set("writer", facts(writerText));
    answer.set("reader", facts(readerText));
    if (answer.get("writer").has("error") || answer.get("reader").has("error")) {
      return answer;
    }
    Schema writer = parse(writerText);
    Schema reader = parse(readerText);
    answer.set("reads", compatible(reader, writer));
    answer.set("is_read", compatible(writer, reader));
    answer.set("values", values(writer, reader, request.get("values")));
    answer.set("reader_values", values(reader, writer, request.get("reader_values")));
    answer.set("order", order(writer, request.get("values")));
    return answer;
  }

  private static ObjectNode compatible(Schema reader, Schema writer) {
    try {
      SchemaCompatibilityResult result = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getResult();
      ObjectNode answer = object().put("ok", result.getCompatibility() == SchemaCompatibilityType.COMPATIBLE);
      ArrayNode findings = answer.putArray("findings");
      for (Incompatibility found : result.getIncompatibilities()) {
        findings.addObject().put("rule", found.getType().name()).put("path", path(reader, found.getLocation()))
            .put("message", found.getMessage());
      }
      return answer;
    } catch (Exception | VirtualMachineError failure) {
      return failed(failure);
    }
  }

  /** "/fields/1/type/items/size" as our findings say it: "tags[]". Unions, which Java enters by number, stay as they are. */
  private static String path(Schema reader, String location) {
    StringBuilder path = new StringBuilder();
    Schema at = reader;
    String[] steps = location.split("/");
    for (int i = 1; i < steps.length; i++) {
      if (steps[i].equals("fields") && at.getType() == Schema.Type.RECORD) {
        Schema.Field field = at.getFields().get(Integer.parseInt(steps[++i]));
        path.append(path.length() == 0 ? "" : ".").append(field.name());
        at = field.schema();
      } else if (steps[i].equals("items") && at.getType() == Schema.Type.ARRAY) {
        path.append("[]");
        at = at.getElementType();
      } else if (steps[i].equals("values") && at.getType() == Schema.Type.MAP) {
        path.append("{}");
        at = at.getValueType();
      }
    }
    return path.toString();
  }

  private static ArrayNode values(Schema writer, Schema reader, JsonNode values) {
    ArrayNode answers = JSON.createArrayNode();
    for (JsonNode value : values) {
      byte[] bytes = unhex(value.asText());
      ObjectNode answer = read(writer, writer, bytes);
      answer.set("resolved", read(writer, reader, bytes));
      answers.add(answer);
    }
    return answers;
  }

  private static ObjectNode read(Schema writer, Schema reader, byte[] bytes) {
    try {
      BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
      Object datum = new GenericDatumReader<>(writer, reader, ORDERED).read(null, decoder);
      if (!decoder.isEnd()) {
        return object().put("error", "bytes left over");
      }
      return shown(reader, datum);
    } catch (Exception | VirtualMachineError failure) {
      return failed(failure);
    }
  }

  private static ObjectNode shown(Schema schema, Object datum) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    JsonEncoder json = EncoderFactory.get().jsonEncoder(schema, text);
    new GenericDatumWriter<>(schema).write(datum, json);
    json.flush();
    return object().put("json", text.toString(StandardCharsets.UTF_8)).put("bytes", hex(encoded(schema, datum)));
  }

  private static byte[] encoded(Schema schema, Object datum) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<>(schema).write(datum, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  /** Each value against the next one: -1, 0 or 1; 9 where the schema has no order. */
  private static ArrayNode order(Schema schema, JsonNode values) {
    ArrayNode signs = JSON.createArrayNode();
    for (int i = 0; i + 1 < values.size(); i++) {
      try {
        byte[] left = unhex(values.get(i).asText());
        byte[] right = unhex(values.get(i + 1).asText());
        signs.add(Integer.signum(BinaryData.compare(left, 0, right, 0, schema)));
      } catch (Exception | VirtualMachineError failure) {
        signs.add(9);
      }
    }
    return signs;
  }

  private static ObjectNode fromJson(JsonNode request) {
    Schema schema = parse(request.get("schema").asText());
    ObjectNode answer = object();
    ArrayNode values = answer.putArray("values");
    for (JsonNode text : request.get("json")) {
      try {
        JsonDecoder decoder = DecoderFactory.get().jsonDecoder(schema, text.asText());
        values.add(shown(schema, new GenericDatumReader<>(schema, schema, ORDERED).read(null, decoder)));
      } catch (Exception | VirtualMachineError failure) {
        values.add(failed(failure));
      }
    }
    return answer;
  }

  private static ObjectNode writeContainer(JsonNode request) throws IOException {
    Schema schema = parse(request.get("schema").asText());
    try (DataFileWriter<Object> writer = new DataFileWriter<>(new GenericDatumWriter<>(schema))) {
      writer.setCodec(CodecFactory.fromString(request.get("codec").asText()));
      writer.setSyncInterval(200);
      writer.create(schema, new File(request.get("path").asText()));
      for (JsonNode value : request.get("values")) {
        writer.appendEncoded(ByteBuffer.wrap(unhex(value.asText())));
      }
    }
    return object();
  }

  private static ObjectNode readContainer(JsonNode request) throws IOException {
    ObjectNode answer = object();
    try (DataFileReader<Object> reader =
        new DataFileReader<>(new File(request.get("path").asText()), new GenericDatumReader<>(null, null, ORDERED))) {
      answer.put("schema", reader.getSchema().toString()).put("codec", reader.getMetaString("avro.codec"));
      ArrayNode values = answer.putArray("values");
      while (reader.hasNext()) {
        values.add(shown(reader.getSchema(), reader.next()));
      }
    }
    return answer;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static byte[] unhex(String digits) {
    return HexFormat.of().parseHex(digits);
  }
}
