// How a program for one client talks with the driver: see protocol.py, which says the same in Python.

import { text } from "node:stream/consumers";

console.log = console.info = console.debug = console.error; // what a library prints is no outcome

/**
 * Make every call of the plan with `embed(call)`, or with `listModels(call)`, whose `page` is the length of a page.
 * `errors` is a namespace of exported classes, among which the type of an exception is looked up.
 */
export async function answer(errors, embed, listModels) {
  const plan = JSON.parse(await text(process.stdin));
  for (const each of plan.calls) {
    const call = { ...each, url: plan.url };
    if (call.page !== null && !listModels) continue;
    const action = call.page === null ? async () => ({ vectors: await embed(call) }) : async () => ({ models: await listModels(call) });
    process.stdout.write(`${JSON.stringify({ check: call.check, ...(await attempt(errors, action)) })}\n`);
  }
}

async function attempt(errors, action) {
  try {
    return await action();
  } catch (error) {
    return {
      error: {
        types: Object.keys(errors).filter((name) => isOfClass(error, errors[name])),
        status: error?.status ?? error?.statusCode ?? error?.lastError?.statusCode ?? null,
        message: String(error).slice(0, 500),
      },
    };
  }
}

function isOfClass(error, kind) {
  if (typeof kind !== "function" || !(kind.prototype instanceof Error)) return false;
  // The AI SDK is often installed twice, so it tells its classes by a mark and asks to be asked with `isInstance`.
  return kind.isInstance ? kind.isInstance(error) : error instanceof kind;
}
