import { Converter } from 'typedoc';

/** Names the pages of documents by their first heading, not by their files. */
const titled = ({ converter }) =>
  converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, page) => {
    const [, title] = /^# (.+)$/m.exec(page.content[0]?.text ?? '') ?? [];
    if (title) page.name = title;
  });

/** @type {import('typedoc').TypeDocOptions} */
export default {
  name: 'intentkit-auth',
  entryPoints: [
    'src/index.ts',
    'functions/index.ts',
    'http/index.ts',
    'mcp/index.ts',
    'revocation/index.ts',
    'introspection/index.ts',
    'downstream/index.ts',
    'testing/index.ts',
  ],
  sortEntryPoints: false,
  // The README is the first page, and the documents that it leads to are pages too.
  readme: 'README.md',
  projectDocuments: ['docs/*.md', 'SECURITY.md', 'CHANGELOG.md'],
  plugin: [titled],
  // The documents have headings of their own.
  headings: { readme: false, document: false },
  // Entries have the names by which users import them.
  navigation: { includeFolders: false },
  groupOrder: ['Documents', 'Modules', 'Functions', '*', 'References'],
  kindSortOrder: [
    'Document',
    'Module',
    'Function',
    'Class',
    'Interface',
    'TypeAlias',
    'Variable',
    'Reference',
  ],
  customCss: 'typedoc.css',
  out: 'api',
  githubPages: false,
  disableSources: true,
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  // The functions are defined once, and their schemas describe their fields to agents.
  intentionallyNotExported: ['functions/tokens.ts:functionsFor'],
};
