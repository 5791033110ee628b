import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHeadReader, type HeadReader, headersOf, rawHeadersOf } from './parse-head.ts';

const block = (...lines: string[]): string => lines.join('\r\n');
const parseHead: HeadReader = (text) => createHeadReader()(text);
const REQUEST = 'GET /m/x/0.m4s?a=b HTTP/1.1';

test('a plain request is read', () => {
  const text = block(REQUEST, 'Host: edge', 'Accept: */*', 'If-Range: "x"');
  const head = parseHead(text);
  assert.deepEqual(head, {
    method: 'GET',
    url: '/m/x/0.m4s?a=b',
    minorVersion: 1,
    isConditional: false,
    hasCmcd: false,
    wantsClose: false,
    headersAt: REQUEST.length + 2,
    bodyBytes: 0,
  });
  const raw = rawHeadersOf(text, REQUEST.length + 2);
  assert.deepEqual(raw, ['Host', 'edge', 'Accept', '*/*', 'If-Range', '"x"']);
});

test('the headers that change an answer are found in any case', () => {
  const rows: readonly (readonly [string, { isConditional: boolean; wantsClose: boolean }])[] = [
    ['Range: bytes=0-1', { isConditional: true, wantsClose: false }],
    ['rAnGe:bytes=0-1', { isConditional: true, wantsClose: false }],
    ['IF-NONE-MATCH: "x"', { isConditional: true, wantsClose: false }],
    ['Connection: close', { isConditional: false, wantsClose: true }],
    ['connection: TE, Close', { isConditional: false, wantsClose: true }],
    ['Connection: keep-alive', { isConditional: false, wantsClose: false }],
    ['Content-Length: 0', { isConditional: false, wantsClose: false }],
    ['Ranges: none', { isConditional: false, wantsClose: false }],
  ];
  for (const [line, expected] of rows) {
    const head = parseHead(block(REQUEST, 'Host: edge', line));
    assert.ok(typeof head !== 'string', line);
    const { isConditional, wantsClose } = head;
    assert.deepEqual({ isConditional, wantsClose }, expected, line);
  }
});

test('HTTP/1.0 needs no host and is closed', () => {
  const head = parseHead('GET / HTTP/1.0');
  assert.ok(typeof head !== 'string');
  assert.deepEqual([head.minorVersion, head.wantsClose], [0, true]);
});

test('whatever two parsers could read differently is refused', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    [block(REQUEST), /one host/],
    [block(REQUEST, 'Host: a', 'Host: b'), /one host/],
    [block(REQUEST, 'Host: a', 'Content-Length: 5'), /body/],
    [block(REQUEST, 'Host: a', 'Content-Length: +0'), /body/],
    [block(REQUEST, 'Host: a', 'Content-Length: 0', 'Content-Length: 3'), /body/],
    [block(REQUEST, 'Host: a', 'Transfer-Encoding: chunked'), /body/],
    [block(REQUEST, 'Host: a', 'transfer-encoding: identity'), /body/],
    [block(REQUEST, 'Host: a', 'Transfer-Encoding : chunked'), /character/],
    [block(REQUEST, 'Host: a', 'Näme: x'), /character/],
    [block(REQUEST, 'Host: a', 'X: 1', ' folded'), /folded/],
    [block(REQUEST, 'Host: a', '\tX: 1'), /folded/],
    [block(REQUEST, 'Host: a', 'no colon'), /no name/],
    [block(REQUEST, 'Host: a', ': value'), /no name/],
    [block(REQUEST, 'Host: a', 'no colon', 'X: 1'), /no name/],
    [block(REQUEST, 'Host: a\nX: 1'), /control/],
    [block(`${REQUEST}\nX: 1`, 'Host: a'), /control/],
    [block(REQUEST, '\nHost: a'), /character/],
    [block(REQUEST, 'Host: a\rX: 1'), /control/],
    [block(REQUEST, 'Host: a', 'X: \0'), /control/],
    [block('GET  / HTTP/1.1', 'Host: a'), /form|spoken/],
    [block('GET / x HTTP/1.1', 'Host: a'), /spoken/],
    [block('GET / HTTP/1.1 ', 'Host: a'), /spoken/],
    [block('GET / HTTP/2.0', 'Host: a'), /spoken/],
    [block('GET /', 'Host: a'), /form/],
    [block('GET', 'Host: a b HTTP/1.1'), /form/],
    [block('get / HTTP/1.1', 'Host: a'), /method/],
    [block('G@T / HTTP/1.1', 'Host: a'), /method/],
    ['PRI * HTTP/2.0', /spoken/],
    ['\x16\x03\x01\x02', /control/],
  ];
  for (const [text, reason] of rows) {
    const head = parseHead(text);
    assert.ok(
      typeof head === 'string' && reason.test(head),
      `${JSON.stringify(text)}: ${JSON.stringify(head)}`,
    );
  }
});

test('lines that are those of the request before count for the next one, and for no other', () => {
  const read = createHeadReader();
  const wants = (line: string, ...lines: string[]): unknown => {
    const head = read(block(line, ...lines));
    return typeof head === 'string' ? head : [head.method, head.url, head.isConditional, head.wantsClose];
  };
  const lines = ['Host: edge', 'Connection: close', 'Content-Length: 0'];
  assert.deepEqual(wants('GET /a HTTP/1.1', ...lines), ['GET', '/a', false, true]);
  assert.deepEqual(wants('HEAD /b HTTP/1.1', ...lines), ['HEAD', '/b', false, true]);
  assert.deepEqual(wants('GET /c HTTP/1.1', 'Host: edge', 'Range: bytes=0-1'), ['GET', '/c', true, false]);
  assert.deepEqual(wants('GET /d HTTP/1.1', 'Host: edge'), ['GET', '/d', false, false]);
  assert.match(String(wants('GET /e HTTP/1.1')), /one host/);
  assert.match(String(wants('GET /e HTTP/1.1')), /one host/);
  assert.match(String(wants('GET /f HTTP/1.1', 'Host: edge', 'no colon')), /no name/);
  assert.match(String(wants('GET /f HTTP/1.1', 'Host: edge', 'no colon')), /no name/);
  const posted = ['Host: edge', 'Content-Length: 12'];
  const head = read(block('POST /cmcd HTTP/1.1', ...posted));
  assert.equal(typeof head === 'string' ? head : head.bodyBytes, 12);
  assert.match(String(wants('GET /g HTTP/1.1', ...posted)), /body/);
});

test('headers that come twice are joined, and no name reaches a prototype', () => {
  const headers = headersOf(['Accept', 'a', 'accept', 'b', '__proto__', 'x']);
  assert.deepEqual({ ...headers }, { accept: 'a, b', ['__proto__']: 'x' });
  assert.equal(Object.getPrototypeOf(headers), null);
});

test('only posted events have a body, with a length that is named once and in digits', () => {
  const bytesOf = (...lines: string[]): unknown => {
    const head = parseHead(block('POST /cmcd?t=1 HTTP/1.1', 'Host: edge', ...lines));
    return typeof head === 'string' ? head : head.bodyBytes;
  };
  assert.equal(bytesOf('Content-Length: 12'), 12);
  assert.equal(bytesOf(), 0);
  for (const lines of [
    ['Content-Length: +1'],
    ['Content-Length: 1', 'Content-Length: 2'],
    ['Content-Length: 1, 1'],
  ])
    assert.match(String(bytesOf(...lines)), /not clear/);
  assert.match(String(bytesOf('Transfer-Encoding: chunked')), /body/);
  assert.match(
    String(parseHead(block('POST /cmcd/x HTTP/1.1', 'Host: edge', 'Content-Length: 1'))),
    /takes a body/,
  );
});

test('the headers of CMCD are found in any case, and their like are not', () => {
  for (const [line, hasCmcd] of [
    ['CMCD-Session: sid="x"', true],
    ['cmcd-object: br=1', true],
    ['Cmcd-Request: bl=1', true],
    ['CMCD-STATUS: bs', true],
    ['CMCD-Nothing: a', false],
    ['Content-MD5: a', false],
    ['X-CMCD-Stat: a', false],
  ] as const) {
    const head = parseHead(block(REQUEST, 'Host: edge', line));
    assert.ok(typeof head !== 'string', line);
    assert.equal(head.hasCmcd, hasCmcd, line);
  }
});
