// The official TypeScript SDK of OpenRouter.

import { OpenRouter } from "@openrouter/sdk";
import * as errors from "@openrouter/sdk/models/errors";

import { answer } from "./protocol.mjs";

async function embed({ url, key, model, texts }) {
  const client = new OpenRouter({ apiKey: key, serverURL: url });
  const input = texts.length === 1 ? texts[0] : texts;
  const { data } = await client.embeddings.generate({ requestBody: { model, input } });
  return data.map((item) => item.embedding);
}

async function listModels({ url, key, page }) {
  const client = new OpenRouter({ apiKey: key, serverURL: url });
  const found = [];
  for await (const { result } of await client.embeddings.listModels({ limit: page })) {
    found.push(...result.data.map((model) => model.id));
  }
  return found;
}

await answer(errors, embed, listModels);
