// One order's whole life: checked, submitted, followed, amended, canceled; then a fill, closed again.
//
//     npm ci && node order_life.mjs INSTRUMENT QUANTITY [--shutdown]
//
// Prints one line of JSON for each step. The desk must be on paper: this trades.
import { Desk } from "./desk.mjs";

const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const instrument = `instruments/${words[0] || "BTCUSDT-PERP.BINANCE"}`;
const quantity = words[1] || "0.01";
const run = `node-${process.pid}-${Date.now()}`;
const FILL_TIMEOUT_MS = 30_000;

function say(step, fields) {
  console.log(JSON.stringify({ step, ...fields }));
}

function terms(fields) {
  return { instrument, quantity, order_type: "ORDER_TYPE_LIMIT", side: "SIDE_BUY", ...fields };
}

async function life(desk) {
  const { mode, display_name } = await desk.call("DeskService.GetDesk");
  if (mode !== "MODE_PAPER") throw new Error(`expected a desk on paper, was ${mode}`);
  say("connected", { desk: display_name });

  const events = desk.follow();
  await events.snapshot();
  const market = await desk.call("MarketDataService.GetMarket", {
    name: instrument.replace("instruments/", "markets/"),
  });
  const bid = Number(market.quote.bid_price);
  const low = String(Math.floor(bid * 0.99)); // far enough below to rest, near enough for the collar
  const lower = String(Math.floor(bid * 0.985));

  const verdict = await desk.call("OrderService.CheckOrder", { order: terms({ price: low }) });
  say("checked", { allowed: verdict.allowed, notional: verdict.notional });
  const request = { order: terms({ price: low }), request_id: `${run}-rest`, reason: "example" };
  const tried = await desk.call("OrderService.CreateOrder", { ...request, dry_run: true });
  say("tried", { name: tried.name, status: tried.status });
  const made = await desk.call("OrderService.CreateOrder", request);
  const again = await desk.call("OrderService.CreateOrder", request);
  say("submitted", { name: made.name, status: made.status, same: again.name === made.name });

  const ours = (event) => event.order?.name === made.name && event.order;
  const accepted = await events.until((event) => ours(event)?.status === "ORDER_STATUS_ACCEPTED");
  say("accepted", { venue_order_id: accepted.order.venue_order_id });
  await desk.call("OrderService.AmendOrder", { name: made.name, price: lower, reason: "example" });
  const amended = await events.until((event) => ours(event)?.price === lower && !ours(event).pending_amends);
  say("amended", { price: amended.order.price });
  await desk.call("OrderService.CancelOrder", { name: made.name, reason: "example" });
  const canceled = await events.until((event) => ours(event)?.status === "ORDER_STATUS_CANCELED");
  say("canceled", { leaves_qty: canceled.order.leaves_qty });

  const taking = await desk.call("OrderService.CreateOrder", {
    order: terms({ order_type: "ORDER_TYPE_MARKET" }),
    request_id: `${run}-take`,
    reason: "example",
  });
  const { fill } = await events.until((event) => event.fill?.order === taking.name);
  say("filled", { price: fill.last_px, quantity: fill.last_qty });
  const flat = await desk.call("DeskService.Flatten", { strategy: taking.strategy, reason: "example" });
  await events.until((event) => event.fill?.order === flat.closing_orders[0]);
  const position = await desk.call("PortfolioService.GetPosition", {
    name: `${taking.strategy}/positions/${instrument.split("/")[1]}`,
  });
  say("closed", { quantity: position.quantity, realised: position.realised });
  events.close();
}

async function end(desk) {
  const halted = await desk.call("DeskService.Halt", { reason: "example" });
  say("halted", { state: halted.state });
  const left = await desk.call("DeskService.Shutdown", { reason: "example" });
  say("shut down", { open_orders: left.open_orders.length });
}

const desk = new Desk();
const timer = setTimeout(() => {
  console.error("nothing came in time: is the market open, do quotes come?");
  process.exit(1);
}, FILL_TIMEOUT_MS);
try {
  await life(desk);
  if (process.argv.includes("--shutdown")) await end(desk);
} catch (error) {
  console.error(error.details || error.message);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
  desk.close();
}
