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

		cardClose: '关闭名片',
		personYou: '这是你自己。',
		personHere: (rooms) => `在线，位于 ${listed(rooms)}`,
		personHereBy: (rooms, via) => `在线，位于 ${listed(rooms)}（${via}）`,
		personAway: '目前不在线',
		personLast: '在此房间的最近一条消息：',
		personPush: '这条消息是程序以此名字推送的。',
		mention: '提及',
		lookAlike: '名字相似',
		looksLike: (name) => `与 ${isolated(name)} 看起来很像，但不是同一个名字。`,

		moderate: '管理…',
		moderation: '管理',
		moderatorToken: '管理员令牌',
		moderatorHint: '仅供管理员使用。此浏览器会保存该令牌，直到你退出管理。',
		stopModerating: '退出管理',
		sessionOf: (address, time, rooms) =>
			`${time} 起${address ? `从 ${isolated(address)} ` : ''}连接${rooms.length ? `，位于 ${listed(rooms)}` : ''}`,
		moreSessions: (count) => `还有 ${number(count)} 个连接`,
		isMuted: (until) => (until ? `已禁言，至 ${until}。` : '已禁言。'),
		isBanned: (what, until) => `${isolated(what)} 已被封禁${until ? `，至 ${until}` : ''}。`,
		lift: '解除',
		lifted: '已解除。',
		kick: '请出…',
		kickQuestion: (name) => `断开 ${isolated(name)} 的连接？对方可以马上回来。`,
		kicked: (name) => `${isolated(name)} 的连接已断开。`,
		muteName: '禁言…',
		muteQuestion: (name) => `将 ${isolated(name)} 禁言？对方仍可阅读，但不能发言。`,
		mutedName: (name) => `${isolated(name)} 已被禁言。`,
		ban: '封禁…',
		banQuestion: (name) => `封禁 ${isolated(name)}？对方会被断开，并且不能再进来。`,
		banSubject: '名字或地址',
		bannedName: (name) => `${isolated(name)} 已被封禁。`,
		deleteMessage: '删除这条消息…',
		deleteQuestion: (name) => `为所有人删除 ${isolated(name)} 的这条消息？`,
		deletedForAll: '消息已删除。',
		forget: '删除全部内容…',
		forgetQuestion: (name) => `删除以 ${isolated(name)} 的名字在所有房间写过的全部内容？删除后无法恢复。`,
		forgotten: (name) => `${isolated(name)} 写过的内容已全部删除。`,
		howLong: '时长',
		minutes: (count) => ({ 10: '10 分钟', 60: '1 小时', 1440: '1 天' })[count] ?? '直到解除',
		orderReason: '理由（可不填）',
		orderRefusal: {
			token_required: '请填写令牌。',
			bad_token: '服务器不认识这个令牌。',
			denied: '这个令牌不是管理员的。',
			unreachable: '无法连接服务器，请重试。',
			no_such_session: '此人已经不在线。',
			no_such_message: '这条消息已经不存在。',
		},
		orderRefused: (words) => `服务器拒绝：${words}。`,

		filesNotSent: (names) => {
			const what = names.length === 1 ? `${isolated(names[0])} 未发送` : `${number(names.length)} 个文件未发送`;
			return `${what}：Linnet 只能发送文字。请把文件放到别人能打开的地方，再发送链接。`;
		},
	};
}
