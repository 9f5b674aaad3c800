// 用到时才加载的部分的简体中文文字。The words in Simplified Chinese of what is loaded when it is wanted.

// tools as in texts.js.
export function wordsFor() {
	return {
		signIn: '登录',
		token: '令牌',
		later: '以后再说',
		tokenEmpty: '请填写令牌。',
		tokenMalformed: '这不是令牌：含有令牌里不会出现的字符，或者太长。',
		tokenReason: {
			token_required: '进入这个服务器需要令牌。你的登录系统会给你一个：通过它的链接进来，或把令牌粘贴在这里。',
			bad_token: '服务器不接受本页面的令牌。请从登录系统取得另一个，粘贴在这里。',
			token_expired: '你的令牌已过期。你写的内容都还在。请从登录系统取得新的令牌，粘贴在这里。',
		},
		namedByToken: '你的名字由令牌决定。',
		signOut: '退出登录',
		signOutHint: '此浏览器将忘记你的令牌、房间、草稿和尚未发送的消息。',

		notify: '页面在后台时，有新消息通知我',
		notifyDenied: '浏览器不允许本页面发送通知。',
		notified: (name, room) => `${name}（${room}）`,
		sound: '页面在后台时，有新消息发出鸟鸣声',
		mute: '静音：不通知，也不发声',
	};
}
