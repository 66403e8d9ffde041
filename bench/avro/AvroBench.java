import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/**
 * Java's part of the Avro benchmark (bench/avro/run.py): arguments SCHEMAS DATA, then lines "CASE WAY" on standard
 * input, each answered by the CPU nanoseconds of this thread for one record. The collector's threads are not counted.
 *
 * <p>Ways: "reuse" and "fresh" are GenericDatumReader with its resolving decoder, reading into the former record or into
 * a new one; "fast" is the same call with Avro's own precompiled reader (FastReaderBuilder), new records; "encode".
 */
public final class AvroBench {
  private static final long ROUND_NS = 200_000_000L;
  private static final long WARM_UP_NS = 3_000_000_000L;

  private interface Work {
    Object run(byte[] record, int index) throws Exception;
  }

  private static volatile Object sink;

  private static long cpuNs() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static List<byte[]> load(Path file) throws Exception {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> records = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] record = new byte[in.getInt()];
      in.get(record);
      records.add(record);
    }
    return records;
  }

  private static double time(List<byte[]> records, Work work, long atLeastNs) throws Exception {
    long rounds = 0;
    long begin = cpuNs();
    long now = begin;
    for (; now - begin < atLeastNs; now = cpuNs(), ++rounds) {
      for (int i = 0; i < records.size(); ++i) {
        sink = work.run(records.get(i), i);
      }
    }
    return (double) (now - begin) / (rounds * records.size());
  }

  private static Work decoding(Schema schema, boolean fast, boolean reuse) {
    GenericData data = new GenericData();
    data.setFastReaderEnabled(fast);
    GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema, schema, data);
    BinaryDecoder[] decoder = new BinaryDecoder[1];
    GenericRecord[] former = new GenericRecord[1];
    return (record, index) -> {
      decoder[0] = DecoderFactory.get().binaryDecoder(record, decoder[0]);
      former[0] = reader.read(reuse ? former[0] : null, decoder[0]);
      return former[0];
    };
  }

  private static Work encoding(Schema schema, List<byte[]> records) throws Exception {
    GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema);
    List<GenericRecord> values = new ArrayList<>();
    for (byte[] record : records) {
      values.add(reader.read(null, DecoderFactory.get().binaryDecoder(record, null)));
    }
    GenericDatumWriter<GenericRecord> writer = new GenericDatumWriter<>(schema);
    ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 16);
    BinaryEncoder[] encoder = new BinaryEncoder[1];
    return (record, index) -> {
      out.reset();
      encoder[0] = EncoderFactory.get().binaryEncoder(out, encoder[0]);
      writer.write(values.get(index), encoder[0]);
      encoder[0].flush();
      return out;
    };
  }

  private static Work make(Schema schema, List<byte[]> records, String way) throws Exception {
    switch (way) {
      case "reuse":
        return decoding(schema, false, true);
      case "fresh":
        return decoding(schema, false, false);
      case "fast":
        return decoding(schema, true, false);
      case "encode":
        return encoding(schema, records);
      default:
        throw new IllegalArgumentException(way);
    }
  }

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    java.util.Map<String, Work> works = new java.util.HashMap<>();
    System.out.println("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      List<byte[]> records = load(Path.of(arguments[1], words[0] + ".records"));
      Work work = works.get(line);
      if (work == null) {
        Schema schema = new Schema.Parser().parse(Path.of(arguments[0], words[0] + ".avsc").toFile());
        work = make(schema, records, words[1]);
        works.put(line, work);
        time(records, work, WARM_UP_NS);
      }
      System.out.printf(java.util.Locale.ROOT, "%.3f%n", time(records, work, ROUND_NS));
    }
  }
}
