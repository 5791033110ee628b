// The look of the player, inside its shadow root. Colours can be set from outside with --meridian-accent.

export const STYLES = `
:host { display: block; position: relative; aspect-ratio: 16 / 9; background: #000; border-radius: inherit;
  overflow: hidden; color: #fff; font: 500 14px/1.35 Inter, system-ui, -apple-system, "Segoe UI", sans-serif;
  --accent: var(--meridian-accent, #6c8cff); container-type: inline-size; }
:host(:fullscreen) { border-radius: 0; aspect-ratio: auto; width: 100%; height: 100%; }
* { box-sizing: border-box; }
.frame { position: absolute; inset: 0; user-select: none; -webkit-tap-highlight-color: transparent; outline: none; }
video, .freeze { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; background: #000; }
video::cue { background: rgb(0 0 0 / .72); color: #fff; font: 500 1em Inter, system-ui, sans-serif; }
/* Captions step aside for the controls. */
video::-webkit-media-text-track-container { transition: transform .2s; }
.frame:not(.idle) video::-webkit-media-text-track-container { transform: translateY(-96px); }
.freeze { pointer-events: none; }
/* Sound alone: a poster covers this, when there is one. */
.audio video { background: transparent; }
.tune { position: absolute; inset: 0; display: grid; place-items: center; background: radial-gradient(120% 120% at 50% 0%, #1b2240, #090b14 70%); }
.tune .icon { width: clamp(56px, 14cqw, 128px); height: auto; padding: clamp(14px, 3.2cqw, 30px); border-radius: 50%;
  color: var(--accent); stroke-width: 1.2; background: rgb(255 255 255 / .05); box-shadow: 0 0 0 1px rgb(255 255 255 / .08); }
.audio.playing .tune .icon { animation: ring 2.4s ease-out infinite; }
@keyframes ring { from { box-shadow: 0 0 0 1px rgb(255 255 255 / .08), 0 0 0 0 rgb(108 140 255 / .28); }
  to { box-shadow: 0 0 0 1px rgb(255 255 255 / .08), 0 0 0 clamp(24px, 6cqw, 56px) rgb(108 140 255 / 0); } }
[hidden] { display: none !important; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
:focus { outline: none; }
:focus-visible { outline: 2px solid #fff; outline-offset: 2px; box-shadow: 0 0 0 4px var(--accent); }
.icon { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round;
  stroke-linejoin: round; display: block; }
.icon.solid { fill: currentColor; }

.frame:focus-visible { outline: none; box-shadow: inset 0 0 0 3px var(--accent); z-index: 5; }
.idle { cursor: none; }
.shade { position: absolute; inset: auto 0 0; height: 124px; pointer-events: none;
  background: linear-gradient(to top, rgb(4 6 14 / .84), rgb(4 6 14 / .5) 50%, rgb(4 6 14 / .12) 80%, transparent); transition: opacity .2s; }
.bar { position: absolute; inset: auto 0 0; padding: 0 16px 10px; transition: opacity .2s, transform .2s; }
.idle .bar, .idle .shade { opacity: 0; }
.idle .bar { transform: translateY(6px); pointer-events: none; }

.seek { position: relative; height: 22px; display: flex; align-items: center; cursor: pointer; touch-action: none;
  border-radius: 6px; }
.rail { position: relative; width: 100%; height: 4px; border-radius: 4px; background: rgb(255 255 255 / .22);
  overflow: hidden; transition: height .12s; }
.seek:hover .rail, .seek.dragging .rail, .seek:focus-visible .rail { height: 6px; }
.rail i { position: absolute; inset: 0 auto 0 0; }
.buffered { background: rgb(255 255 255 / .34); }
.played { background: var(--accent); border-radius: 4px; }
.knob { position: absolute; top: 50%; width: 14px; height: 14px; margin: -7px 0 0 -7px; border-radius: 50%;
  background: #fff; box-shadow: 0 1px 6px rgb(0 0 0 / .5); transform: scale(0); transition: transform .12s; pointer-events: none; }
.seek:hover .knob, .seek.dragging .knob, .seek:focus-visible .knob { transform: none; }
.bubble { position: absolute; bottom: 26px; transform: translateX(-50%); display: grid; justify-items: center; gap: 6px;
  opacity: 0; pointer-events: none; transition: opacity .1s; }
.bubble-time { padding: 3px 8px; border-radius: 7px; background: rgb(14 17 28 / .92); font-size: 12.5px; line-height: 1.3;
  font-variant-numeric: tabular-nums; }
.thumb { border-radius: 8px; background-color: #10131f; background-repeat: no-repeat;
  box-shadow: 0 0 0 2px rgb(255 255 255 / .92), 0 10px 28px rgb(0 0 0 / .55); }
.seek:hover .bubble, .seek.dragging .bubble { opacity: 1; }

.row { display: flex; align-items: center; gap: 4px; }
.button { display: inline-flex; align-items: center; justify-content: center; min-width: 40px; height: 40px;
  border-radius: 10px; transition: background .12s; }
.button:hover { background: rgb(255 255 255 / .14); }
.button[aria-expanded="true"] { background: rgb(255 255 255 / .18); }
.button.text { padding: 0 11px; font-size: 13px; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
.button.on { color: var(--accent); }
.button.jump { padding: 0 8px; }
.button:disabled { opacity: .38; cursor: default; }
.button:disabled:hover { background: none; }
.button.live::before { content: ''; flex: none; width: 8px; height: 8px; margin-right: 7px; border-radius: 50%; background: #ff4d4f; }
.button.live.behind::before { background: rgb(255 255 255 / .45); }
.space { flex: 1; }
.time { padding: 0 10px; font-variant-numeric: tabular-nums; font-size: 13.5px; white-space: nowrap; }
.time span { opacity: .66; }
.volume { display: flex; align-items: center; }
.volume input { width: 0; opacity: 0; margin: 0; transition: width .16s, opacity .16s; accent-color: #fff; height: 18px; cursor: pointer; }
.volume:hover input, .volume:focus-within input { width: 78px; opacity: 1; margin: 0 6px 0 4px; }

.menu { position: relative; }
.list { position: absolute; right: 0; bottom: 50px; min-width: 168px; max-height: 260px; overflow: auto; padding: 6px;
  border-radius: 14px; background: rgb(16 19 31 / .94); backdrop-filter: blur(18px); box-shadow: 0 12px 40px rgb(0 0 0 / .5),
  inset 0 0 0 1px rgb(255 255 255 / .08); z-index: 4; }
.list h3 { margin: 4px 10px 6px; font-size: 11.5px; font-weight: 600; letter-spacing: .05em; text-transform: uppercase; opacity: .55; }
.item { display: flex; width: 100%; align-items: center; gap: 8px; padding: 8px 10px; border-radius: 9px; text-align: left; white-space: nowrap; }
.item:hover, .item:focus-visible { background: rgb(255 255 255 / .1); }
.item .icon { width: 17px; height: 17px; visibility: hidden; color: var(--accent); stroke-width: 2.4; }
.item[aria-checked="true"] .icon { visibility: visible; }
.item small { margin-left: auto; padding-left: 18px; opacity: .55; font-size: 12px; }

.big { position: absolute; inset: 0; margin: auto; width: 76px; height: 76px; border-radius: 50%; display: grid; place-items: center;
  background: rgb(16 19 31 / .72); backdrop-filter: blur(10px); box-shadow: 0 8px 30px rgb(0 0 0 / .45), inset 0 0 0 1px rgb(255 255 255 / .14);
  transition: transform .15s, background .15s; }
.big:hover { transform: scale(1.06); background: var(--accent); }
.big .icon { width: 34px; height: 34px; }
.spinner { position: absolute; inset: 0; margin: auto; width: 52px; height: 52px; border-radius: 50%; pointer-events: none;
  border: 3.5px solid rgb(255 255 255 / .22); border-top-color: #fff; animation: spin .8s linear infinite; }
@keyframes spin { to { transform: rotate(1turn); } }

.panel { position: absolute; inset: 0; display: grid; place-items: center; padding: 24px; text-align: center;
  background: radial-gradient(120% 120% at 50% 0%, #1b2240, #090b14 70%); }
.panel.over { background: rgb(6 8 16 / .78); backdrop-filter: blur(8px); }
.panel div { max-width: 440px; }
.panel h2 { margin: 0 0 8px; font-size: 21px; font-weight: 650; letter-spacing: -.01em; text-wrap: balance; }
.panel p { margin: 0 0 20px; color: rgb(255 255 255 / .7); text-wrap: balance; }
.primary { padding: 10px 22px; border-radius: 11px; background: var(--accent); color: #0a0d18; font-weight: 650; }
.primary:hover { filter: brightness(1.1); }
.progress { height: 5px; width: min(280px, 60cqw); margin: 4px auto 0; border-radius: 5px; overflow: hidden; background: rgb(255 255 255 / .14); }
.progress i { display: block; height: 100%; width: 35%; border-radius: 5px; background: var(--accent); animation: glide 1.4s ease-in-out infinite alternate; }
@keyframes glide { from { transform: translateX(-20%); } to { transform: translateX(210%); } }

.notice { position: absolute; top: 16px; left: 50%; transform: translateX(-50%); padding: 7px 14px; border-radius: 999px; font-size: 13px;
  background: rgb(16 19 31 / .88); box-shadow: inset 0 0 0 1px rgb(255 255 255 / .1); pointer-events: none; white-space: nowrap; }
.stats { position: absolute; top: 14px; left: 14px; width: min(390px, calc(100% - 28px)); padding: 12px 14px 12px; border-radius: 14px;
  background: rgb(10 12 22 / .86); backdrop-filter: blur(14px); box-shadow: inset 0 0 0 1px rgb(255 255 255 / .09); font-size: 12px; line-height: 1.5; }
.stats header { display: flex; justify-content: space-between; margin-bottom: 6px; font-weight: 650; font-size: 12.5px; }
.stats dl { display: grid; grid-template-columns: max-content 1fr; gap: 1px 14px; margin: 0; font-variant-numeric: tabular-nums; }
.stats dt { color: rgb(255 255 255 / .55); }
.stats dd { margin: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.stats svg.graph { display: block; width: 100%; height: 34px; margin: 8px 0 4px; }
.stats ol { margin: 6px 0 0; padding: 6px 0 0; list-style: none; border-top: 1px solid rgb(255 255 255 / .1); }
.stats ol:empty { display: none; }
.stats time { color: rgb(255 255 255 / .55); margin-right: 8px; }
.reader { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

@container (max-width: 520px) {
  .bar { padding: 0 8px 6px; } .button { min-width: 36px; height: 38px; } .time { padding: 0 4px; font-size: 12.5px; }
  .volume input, .wide { display: none; } .big { width: 62px; height: 62px; } .button.text { padding: 0 5px; font-size: 12px; }
  .row { gap: 2px; }
}
@media (hover: none) { .volume input { display: none; } .knob { transform: none; } }
@media (prefers-reduced-motion: reduce) { *, *::before { transition: none !important; animation-duration: 2.4s !important; } }
`;
