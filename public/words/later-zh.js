// 稍后加载部分的简体中文文字。Simplified Chinese texts of modules that are loaded later.

// tools as in texts.js.
export function wordsFor({ isolated, number, listed }) {
	return {
		tagline: '小巧、快速的聊天室。取个名字，进来坐坐。',
		welcome: '欢迎来到 Linnet',
		profile: '你的名字',
		name: '名字',
		email: '邮箱',
		optional: '（可不填）',
		emailHint:
			'填写邮箱会启用 Gravatar：别人通过该地址的散列值看到你在那里的头像，你的浏览器也会向 gravatar.com ' +
			'请求你所读消息的作者头像。不填写时，所有头像都在本地绘制，不会访问其他网站。',
		nameTaken: (name) => `已经有人叫 ${name} 了，请换一个名字。`,
		nameBanned: (name) => `这里不允许使用名字 ${name}，请换一个。`,
		nameRefused: (words) => `服务器不接受：${words}。`,
		emailWrong: '这不像是邮箱地址。也可以留空。',
		join: '进入聊天',
		save: '保存',
		cancel: '取消',
		settings: '本页面',
		theme: '外观',
		themes: { system: '跟随系统', light: '浅色', dark: '深色' },
		languageChoice: '语言',

		searchClose: '关闭搜索',
		searchField: '搜索这个房间',
		searchNone: '没有找到。',
		searchFound: (count, more) => `${number(count)} 条消息${more ? '，还有更多' : ''}`,
		searchStopped: '搜索时间太长，更早的消息没有搜索。',
		searchFoundSoFar: (count) => `${number(count)} 条消息。搜索时间太长，更早的没有搜索。`,
		searchFailed: '搜索没有成功，请再试一次。',

		actionsLabel: '消息操作',
		actions: {
			quick: '回应 👍',
			picker: '添加表情回应',
			reply: '回复',
			edit: '编辑',
			more: '更多操作',
		},
		copyText: '复制文字',
		copyLink: '复制链接',
		copyCode: '复制代码',
		copiedText: '已复制。',
		notCopiedText: '浏览器不允许复制。',
		editLabel: '编辑消息',
		edited: '已编辑',
		erase: '删除',
		eraseQuestion: '要为所有人删除这条消息吗？',
		reactedBy: (names, others) => (others ? listed([...names, `另外 ${number(others)} 人`]) : listed(names)),
		quoteLabel: (words) => `回复：${words}`,
		quoteGone: '原消息已不再保留',
		replyingTo: '回复',
		replyCancel: '取消回复',
		changeFailed: {
			denied: '只有作者本人，并且在写下它的浏览器里，才能这样做。',
			no_such_message: '这条消息已经不在了。',
			too_many_reactions: '这条消息的表情种类已达上限。',
			muted: '管理员目前只允许你阅读。',
			read_only: '这个房间只能阅读。',
			rate_limited: '操作太快了，请稍后再试。',
		},
		changeRefused: (words) => `服务器说：${words}。`,
		changeOffline: '没有连接，未能完成。',

		alarmsLabel: '告警',
		alarmsClose: '关闭告警列表',
		alarmsButton: (unseen, standing) =>
			unseen ? `${number(unseen)} 个告警未确认` : `${number(standing)} 个告警，均已确认`,
		severity: { info: '信息', warning: '警告', error: '错误', critical: '严重', ok: '正常' },
		alarmState: {
			raised: () => '已触发',
			updated: () => '有更新',
			cleared: ({ clearedBy }) => (clearedBy ? `${isolated(clearedBy)} 已解除` : '已解除'),
			acknowledged: ({ acknowledgedBy }) => `${isolated(acknowledgedBy)} 已确认`,
		},
		alarmAge: (age) => (age ? `已持续 ${age}` : '刚刚'),
		acknowledge: '确认',
		acknowledgeTitle: (title) => `确认 ${title}`,

		joinedNames: (names) => `${listed(names)}进来了`,
		leftNames: (names) => `${listed(names)}离开了`,
		renamedName: (from, to) => `${isolated(from)} 改名为 ${isolated(to)}`,
		presenceCounts: (joined, left, renamed) =>
			[
				joined && `${number(joined)} 人进来`,
				left && `${number(left)} 人离开`,
				renamed && `${number(renamed)} 人改名`,
			]
				.filter(Boolean)
				.join('，'),

		signIn: '登录',
		token: '令牌',
		notNow: '以后再说',
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
		notifiedAlarm: (severity, title, state) => `${severity}：${title}，${state}`,
		sound: '页面在后台时，有新消息发出鸟鸣声',
		mute: '静音：不通知，也不发声',
	};
}
