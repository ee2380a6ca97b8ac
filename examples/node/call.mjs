// Calls any method of a desk: reads lines as
//
//     OrderService.GetOrder {"name": "orders/..."}
//
// and prints one line of JSON for each: the answer, or {"error": ...}.
import { createInterface } from "node:readline";
import { Desk } from "./desk.mjs";

const desk = new Desk();
for await (const line of createInterface({ input: process.stdin })) {
  const [, method, fields] = line.match(/^\s*(\S+)\s*(.*)$/) || [];
  if (!method) continue;
  try {
    console.log(JSON.stringify(await desk.call(method, JSON.parse(fields || "{}"))));
  } catch (error) {
    console.log(JSON.stringify({ error: error.details || error.message }));
  }
}
desk.close();
