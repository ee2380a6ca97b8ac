// A desk's services, made from the contract itself: no generated code.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const here = path.dirname(fileURLToPath(import.meta.url));
const contract = process.env.HEXDESK_PROTO || path.join(here, "..", "..", "proto");
const require = createRequire(import.meta.url);
const google = path.dirname(require.resolve("protobufjs/package.json")); // annotations and http
const DEADLINE_MS = 10_000;

const definition = protoLoader.loadSync(
  readdirSync(path.join(contract, "hexdesk_api/v1")).map((file) => `hexdesk_api/v1/${file}`),
  { includeDirs: [contract, here, google], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true },
);
const api = grpc.loadPackageDefinition(definition).hexdesk_api.v1;

export class Desk {
  // Connects to HEXDESK_ADDRESS, with HEXDESK_TOKEN where it is set, and TLS where HEXDESK_CA is.
  constructor(environment = process.env) {
    this.address = environment.HEXDESK_ADDRESS || "127.0.0.1:50051";
    this.metadata = new grpc.Metadata();
    if (environment.HEXDESK_TOKEN) {
      this.metadata.set("authorization", `Bearer ${environment.HEXDESK_TOKEN}`);
    }
    const credentials = environment.HEXDESK_CA
      ? grpc.credentials.createSsl(readFileSync(environment.HEXDESK_CA))
      : grpc.credentials.createInsecure();
    this.services = new Map();
    this.open = (service) => {
      if (!this.services.has(service)) {
        this.services.set(service, new api[service](this.address, credentials));
      }
      return this.services.get(service);
    };
  }

  // Calls a method, as call("OrderService.GetOrder", { name }), and resolves to its answer.
  call(method, request = {}) {
    const [service, name] = method.split(".");
    const client = this.open(service);
    const options = { deadline: Date.now() + DEADLINE_MS };
    return new Promise((resolve, reject) => {
      client[name](request, this.metadata, options, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  }

  // Opens the event stream; see Events.
  follow(request = {}) {
    return new Events(this.open("EventService").StreamEvents(request, this.metadata));
  }

  close() {
    for (const client of this.services.values()) client.close();
  }
}

// Events as they come; what was not asked for yet waits.
class Events {
  constructor(stream) {
    this.stream = stream;
    this.responses = stream[Symbol.asyncIterator]();
    this.waiting = [];
  }

  async snapshot() {
    for (;;) {
      const { value, done } = await this.responses.next();
      if (done) throw new Error("the stream ended before its snapshot");
      if (value.snapshot?.complete) return;
    }
  }

  // Returns the next event that fits, as { order } or { fill }.
  async until(fits) {
    for (;;) {
      while (this.waiting.length) {
        const event = this.waiting.shift();
        if (fits(event)) return event;
      }
      const { value, done } = await this.responses.next();
      if (done) throw new Error("the stream ended");
      if (value.resync) throw new Error(`too slow: ${value.resync.cause}`);
      this.waiting.push(...value.events);
    }
  }

  close() {
    this.stream.on("error", () => {}); // that it was cancelled is no news
    this.stream.cancel();
  }
}
