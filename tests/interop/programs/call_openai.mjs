// openai for Node.

import * as openai from "openai";

import { answer } from "./protocol.mjs";

async function embed({ url, key, model, texts }) {
  const client = new openai.OpenAI({ apiKey: key, baseURL: url });
  const { data } = await client.embeddings.create({ model, input: texts.length === 1 ? texts[0] : texts });
  return data.map((item) => Array.from(item.embedding));
}

await answer(openai, embed);
