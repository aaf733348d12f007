-- The same short text in every request.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer sk-or-v1-benchmark"
wrk.body = '{"model": "openai/text-embedding-3-small", "input": "The cat sat on the mat."}'
