import { Client, fetchExchange } from "@urql/core";
import { onEnd, pipe, subscribe as read } from "wonka";

export function subscribe({ address, token, query }, next) {
  const client = new Client({
    url: address,
    exchanges: [fetchExchange],
    fetchSubscriptions: true,
    preferGetMethod: false,
    fetchOptions: () => ({ headers: { authorization: `Bearer ${token()}` } }),
  });
  let running;
  let again;
  // urql does not come back by itself where a stream breaks off.
  const comeBack = onEnd(() => {
    again = setTimeout(start, 1000);
  });
  function start() {
    running = pipe(client.subscription(query, {}), comeBack, read(next));
  }
  start();
  return () => {
    running.unsubscribe();
    clearTimeout(again);
  };
}
