// npm run story: plays the story and tells it.

import { playStory } from './story.ts';

const result = await playStory((text) => console.log(text));
console.log(`fault to page ${result.pageMs} ms, by the burn table ${Math.round(result.formulaMs)} ms`);
console.log(`page to repaired ${result.repairMs} ms; ${result.lostViewers} viewers lost`);
console.log(result.postmortem.markdown.replaceAll(/<svg.*?<\/svg>/gs, '(graph)'));
