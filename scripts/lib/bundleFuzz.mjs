import fs from 'node:fs';
import path from 'node:path';

/** For bundles of test code: `import.meta.dirname` stays the folder of the source, where its fixtures are. */
export const withSourceFolders = {
  name: 'with-source-folders',
  setup(build) {
    build.onLoad({ filter: /[\\/]test[\\/].*\.ts$/ }, ({ path: file }) => ({
      contents: fs
        .readFileSync(file, 'utf8')
        .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file))),
      loader: 'ts',
    }));
  },
};
