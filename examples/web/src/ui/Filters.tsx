// Filters live in the address. Each change goes back to the first page, because a cursor belongs to one order and one filter.

import { useAddress } from "../address";
import { Labelled } from "./Labelled";

const FIRST_PAGE = { after: "", before: "" };

/** A condition for texts that have this part, in any case. The characters that `ilike` gives a meaning are escaped. */
export const containing = (part: string) => ({ ilike: `%${part.replace(/[\\%_]/g, "\\$&")}%` });

export function Search({ label }: { label: string }) {
  const address = useAddress();
  return (
    <Labelled label={label}>
      {(id) => (
        <input
          id={id}
          type="search"
          value={address.get("text")}
          onChange={(event) => address.go({ text: event.target.value, ...FIRST_PAGE }, { replace: true })}
        />
      )}
    </Labelled>
  );
}

/** A choice of one value, or of any. */
export function Choice({ name, label, options }: { name: string; label: string; options: Record<string, string> }) {
  const address = useAddress();
  return (
    <Labelled label={label}>
      {(id) => (
        <select
          id={id}
          value={address.get(name)}
          onChange={(event) => address.go({ [name]: event.target.value, ...FIRST_PAGE }, { replace: true })}
        >
          <option value="">Any</option>
          {Object.entries(options).map(([value, text]) => (
            <option value={value} key={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

/** The order; the first is the default. */
export function Sort({ orders }: { orders: string[] }) {
  const address = useAddress();
  return (
    <Labelled label="Order">
      {(id) => (
        <select
          id={id}
          value={address.get("order") || orders[0]}
          onChange={(event) => address.go({ order: event.target.value, ...FIRST_PAGE }, { replace: true })}
        >
          {orders.map((order) => (
            <option key={order}>{order}</option>
          ))}
        </select>
      )}
    </Labelled>
  );
}
