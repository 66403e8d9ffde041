// Answers of Java's Avro, one JSON object a line: reads {"kind": ..., ...} from standard input, writes the same object
// with its answers. See generate.py.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryData;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.Encoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonEncoder;

public class Goldens {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, "UTF-8");
    for (String line; (line = in.readLine()) != null; ) {
      ObjectNode test = (ObjectNode) MAPPER.readTree(line);
      switch (test.get("kind").textValue()) {
        case "schema" -> schema(test);
        case "compare" -> compare(test);
        case "json" -> json(test);
        case "from_json" -> fromJson(test);
        default -> throw new IllegalArgumentException(line);
      }
      out.println(MAPPER.writeValueAsString(test));
    }
  }

  private static Schema parse(JsonNode text) {
    return new Schema.Parser().parse(text.textValue());
  }

  private static void schema(ObjectNode test) throws Exception {
    Schema schema;
    try {
      schema = parse(test.get("schema"));
    } catch (Throwable e) {
      test.put("accepted", false);
      return;
    }
    test.put("accepted", true);
    test.put("json", schema.toString());
    test.put("canonical", SchemaNormalization.toParsingForm(schema));
    test.put("crc64", String.format("%016x", SchemaNormalization.parsingFingerprint64(schema)));
    test.put("md5", hex(SchemaNormalization.parsingFingerprint("MD5", schema)));
    test.put("sha256", hex(SchemaNormalization.parsingFingerprint("SHA-256", schema)));
    test.put("logical", schema.getLogicalType() == null ? "" : schema.getLogicalType().getName());
  }

  // "values" are hexadecimal encodings; "order" is the sign of every pair's comparison, row by row.
  private static void compare(ObjectNode test) {
    Schema schema = parse(test.get("schema"));
    StringBuilder order = new StringBuilder();
    for (JsonNode a : test.get("values")) {
      for (JsonNode b : test.get("values")) {
        try {
          int sign = BinaryData.compare(unhex(a.textValue()), 0, unhex(b.textValue()), 0, schema);
          order.append(sign < 0 ? '<' : sign > 0 ? '>' : '=');
        } catch (RuntimeException e) {
          order.append('!');
        }
      }
    }
    test.put("order", order.toString());
  }

  private static void json(ObjectNode test) throws Exception {
    Schema schema = parse(test.get("schema"));
    Object datum = new GenericDatumReader<>(schema)
        .read(null, DecoderFactory.get().binaryDecoder(unhex(test.get("binary").textValue()), null));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    JsonEncoder encoder = EncoderFactory.get().jsonEncoder(schema, out);
    new GenericDatumWriter<>(schema).write(datum, encoder);
    encoder.flush();
    test.put("json", out.toString("UTF-8"));
  }

  private static void fromJson(ObjectNode test) {
    Schema schema = parse(test.get("schema"));
    try {
      Object datum = new GenericDatumReader<>(schema)
          .read(null, DecoderFactory.get().jsonDecoder(schema, test.get("json").textValue()));
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      Encoder encoder = EncoderFactory.get().binaryEncoder(out, null);
      new GenericDatumWriter<>(schema).write(datum, encoder);
      encoder.flush();
      test.put("binary", hex(out.toByteArray()));
    } catch (Throwable e) {
      test.put("binary", "refused");
    }
  }

  private static String hex(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) text.append(String.format("%02x", b));
    return text.toString();
  }

  private static byte[] unhex(String text) {
    byte[] bytes = new byte[text.length() / 2];
    for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) Integer.parseInt(text.substring(2 * i, 2 * i + 2), 16);
    return bytes;
  }
}
