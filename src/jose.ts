let loading: Promise<typeof import('jose')> | undefined;

/** jose, loaded when first needed: a client that only checks HMACs with `node:crypto` starts without it. */
export const jose = (): Promise<typeof import('jose')> => {
  loading ??= import('jose');
  return loading;
};
