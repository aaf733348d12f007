// The AI SDK with OpenRouter's provider for it.

import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import * as ai from "ai";

import { answer } from "./protocol.mjs";

async function embed({ url, key, model, texts }) {
  const embeddings = createOpenRouter({ apiKey: key, baseURL: url }).textEmbeddingModel(model);
  if (texts.length === 1) return [(await ai.embed({ model: embeddings, value: texts[0] })).embedding];
  return (await ai.embedMany({ model: embeddings, values: texts })).embeddings;
}

await answer(ai, embed);
