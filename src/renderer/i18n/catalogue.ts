/** A language's catalogue: English decides which keys there are. Languages without plural leave out `_one`. */
export type Catalogue = Readonly<Record<string, string>>;
