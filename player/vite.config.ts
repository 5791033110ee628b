// One classic script with everything in it, so that a page needs a single tag and no module loading.

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root: here,
  logLevel: 'warn',
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    reportCompressedSize: false,
    lib: {
      entry: join(here, 'src/meridian-player.ts'),
      name: 'MeridianBundle',
      formats: ['iife'],
      fileName: () => 'meridian-player.js',
    },
  },
  plugins: [
    {
      name: 'pages',
      writeBundle(output) {
        for (const page of ['watch.html', 'embed.html', 'feed.html'])
          copyFileSync(join(here, 'pages', page), join(output.dir ?? join(here, 'dist'), page));
      },
    },
  ],
});
