// Prints what each specifier given as an argument leads to.
async function load(specifier: string) {
  try {
    const url = import.meta.resolve(specifier);
    return { url, exports: specifier.endsWith('.json') ? [] : Object.keys(await import(specifier)) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { code, message };
  }
}

const specifiers = process.argv.slice(2);
process.stdout.write(JSON.stringify(await Promise.all(specifiers.map(load))));
