"""What the view models and the states say."""

from collections.abc import Mapping

VIEWS: Mapping[str, str] = {
    # orders of users
    "lowest overlap": "重なりが小さい順",
    "lowest RBO": "RBOが小さい順",
    "lowest Kendall tau": "Kendall τ が小さい順",
    "most new items": "新しいアイテムが多い順",
    "random": "ランダム",
    "user id": "ユーザーID順",
    "There is one version: with a candidate, this shows what it would change.": (
        "バージョンは1つです。候補があれば、何が変わるかをここに表示します。"
    ),
    "No user is in both versions: there is nothing to compare.": (
        "両方のバージョンにいるユーザーがいないため、比較できません。"
    ),
    "%(low)s to %(high)s": "%(low)s～%(high)s",
    # gate
    "mean overlap of the lists": "リストの重なりの平均",
    "mean rank-biased overlap of the lists": "リストのRBOの平均",
    "mean Kendall tau of the shared items": "共通アイテムのKendall τ の平均",
    "share of users who get other items": "推薦が変わるユーザーの割合",
    "share of users who get nothing any more": "推薦がなくなるユーザーの割合",
    "share of items that nobody gets any more": "誰にも推薦されなくなるアイテムの割合",
    "No rule was given, so nothing was decided.": "ルールがないため、何も判定していません。",
    "One rule fails.": "%(count)s件のルールが不合格です。",
    "No rule fails, and one could not be judged: there is not enough data.": (
        "不合格のルールはありませんが、%(count)s件はデータ不足で判定できませんでした。"
    ),
    "No rule fails, and one asks for a look.": "不合格のルールはありませんが、%(count)s件は確認が必要です。",
    "Every rule passes, and there is something to look at first.": (
        "すべてのルールに合格していますが、先に確認することがあります。"
    ),
    "Every rule passes.": "すべてのルールに合格しています。",
    "%(rule)s passes, but its interval reaches beyond the limit.": (
        "%(rule)s は合格ですが、区間がしきい値を越えています。"
    ),
    "%(rule)s is beyond its limit.": "%(rule)s がしきい値を越えています。",
    "%(rule)s asks for a look.": "%(rule)s は確認が必要です。",
    "%(metric)s is worse than in the base.": "%(metric)s がベースより悪化しています。",
    "There is no ground truth: nothing is known about quality.": (
        "正解データがないため、品質については何もわかりません。"
    ),
    "The data is old.": "データが古くなっています。",
    "The data has a fault: %(check)s.": "データに誤りがあります: %(check)s",
    # tiles
    "%(passed)s of one rule passes": "%(count)s件中%(passed)s件が合格",
    "interval %(low)s to %(high)s": "区間 %(low)s～%(high)s",
    "%(metric)s, change": "%(metric)s の変化",
    "from %(base)s to %(candidate)s": "%(base)s から %(candidate)s へ",
    "Mean overlap of the lists": "リストの重なりの平均",
    "of one user in both": "両方にいる%(count)s人",
    "no user is in both versions": "両方のバージョンにいるユーザーなし",
    "Users who get other items": "推薦が変わるユーザー",
    "one changed user": "%(count)s人のユーザー",
    "one recommendation": "%(count)s件の推薦",
    "Rows from the fallback": "フォールバックの行",
    "one user without a history": "履歴のないユーザー%(count)s人",
    # metrics
    "Users by the rank they get it at": "順位別のユーザー数",
    "Recall": "再現率",
    "Precision": "適合率",
    "Hit rate": "ヒット率",
    "Catalogue coverage": "カタログのカバー率",
    "Novelty": "新規性",
    "Popularity bias (Gini)": "人気の偏り（ジニ係数）",
    "higher is better": "大きいほど良い",
    "lower is better": "小さいほど良い",
    "neither direction is better": "どちらが良いとは言えない",
    "There is no ground truth here: no scores were given, or they are empty. Every metric is n/a, and nothing can be "
    "said about quality.": (
        "正解データがありません（スコアがないか、空です）。指標はすべて n/a で、品質については何も言えません。"
    ),
    'The scores have no row for the segment "all".': "スコアにセグメント「all」の行がありません。",
    "%(name)s was not evaluated.": "%(name)s は評価されていません。",
    "One further metric is not shown.": "ほかに%(count)s個の指標があります（表示していません）。",
    "One further segment is not shown.": "ほかに%(count)s個のセグメントがあります（表示していません）。",
    "%(metric)s@%(k)s": "%(metric)s@%(k)s",
    "%(metric)s by segment": "%(metric)s（セグメント別）",
    "list": "リスト",
    "segment": "セグメント",
    "all users": "全ユーザー",
    # data
    "Duplicate rows": "重複した行",
    "rows that repeat a user and an item": "同じユーザーとアイテムの組が繰り返される行",
    "Rank gaps": "順位の欠番",
    "users whose ranks are not 1, 2, 3, ...": "順位が 1, 2, 3, … になっていないユーザー",
    "Scores that are NaN": "NaN のスコア",
    "rows whose score is not a number": "スコアが数値でない行",
    "Users without rows": "推薦のないユーザー",
    "users with a history who get no recommendations": "履歴があるのに推薦がないユーザー",
    "Users without a history": "履歴のないユーザー",
    "users who get recommendations though nothing is known about them": "何もわかっていないのに推薦があるユーザー",
    "Items missing from the item table": "アイテムテーブルにないアイテム",
    "rows whose item the item table lacks": "アイテムがアイテムテーブルにない行",
    "Items without a title": "タイトルのないアイテム",
    "different items that are recommended without a title": "タイトルなしで推薦されるアイテムの種類数",
    "Rows with a title": "タイトルのある行",
    "rows whose item has a title in the item table": "アイテムテーブルにタイトルがある行",
    "Users with a history": "履歴のあるユーザー",
    "users with recommendations who are in the interactions": "推薦があり、操作履歴にもいるユーザー",
    "sorted by user in small row groups: pages read little": "ユーザー順の小さな行グループです（ページが速く読めます）",
    "not sorted by user in small row groups: it had to be sorted first, which takes the step longer": (
        "ユーザー順の小さな行グループではないため、先に並べ替えました（ステップの時間が延びます）"
    ),
    "Recommendations": "推薦",
    "Different items": "アイテムの種類",
    "Share of the catalogue": "カタログに占める割合",
    "Users with a history, without rows": "履歴があり推薦がないユーザー",
    "Users in both versions": "両方のバージョンにいるユーザー",
    "First interaction": "最初の操作",
    "Last interaction": "最後の操作",
    "Items in the item table": "アイテムテーブルの件数",
    "of these without a title": "うちタイトルなし",
    "%(name)s: one user with a history got no recommendations.": "%(name)s: 履歴のある%(count)s人に推薦がありません。",
    "%(name)s: one recommended item cannot be found in the item table; only the id is shown.": (
        "%(name)s: 推薦された%(count)s件のアイテムがアイテムテーブルにありません。IDだけを表示します。"
    ),
    "%(name)s: one recommended item without a title.": (
        "%(name)s: 推薦された%(count)s件のアイテムにタイトルがありません。"
    ),
    "%(name)s: the version does not say which rows come from the fallback.": (
        "%(name)s: どの行がフォールバックかの記載がありません。"
    ),
    "%(name)s: one user only in this version, who is not compared.": (
        "%(name)s: このバージョンだけにいる%(count)s人は比較していません。"
    ),
    # runs
    "less than an hour ago": "1時間以内",
    "one hour ago": "%(count)s時間前",
    "one day ago": "%(count)s日前",
    "no rules": "ルールなし",
    "Rules: %(outcome)s": "ルール: %(outcome)s",
    # moves
    "new": "新規",
    "dropped": "脱落",
    "moved up": "上昇",
    "moved down": "下降",
    "same rank": "同じ順位",
    "same": "同じ",
    "up %(ranks)s": "↑ %(ranks)s",
    "down %(ranks)s": "↓ %(ranks)s",
    "Users by overlap of their two lists": "2つのリストの重なり別のユーザー数",
    "%(low)s%% to under %(high)s%%": "%(low)s%%以上%(high)s%%未満",
    "of the list in common": "共通する割合",
    # states
    "Addresses can only be read here: use GET.": "読み取り専用です。GET を使ってください。",
    "Something is wrong with the viewer": "ビューアに問題があります",
    "The log has the details.": "詳細はログにあります。",
    "This cannot be done": "実行できません",
    "This address cannot be understood": "このアドレスは解釈できません",
    "Not found": "見つかりません",
    "There is no such page.": "そのようなページはありません。",
    "%(name)s must be one of: %(choices)s.": "%(name)s は次のいずれかです: %(choices)s",
    "%(name)s must be a whole number from %(minimum)s to %(maximum)s.": (
        "%(name)s は %(minimum)s から %(maximum)s までの整数です。"
    ),
    "An id has at most %(most)s characters; this one has %(length)s.": (
        "IDは%(most)s文字までです（%(length)s文字あります）。"
    ),
    "%(name)s has at most %(most)s characters.": "%(name)s は%(most)s文字までです。",
    "A part of this run cannot be read: %(problem)s.": "この実行の一部が読み込めません: %(problem)s",
    "Nothing to show yet": "まだ表示できるものがありません",
    "There is no run yet.": "まだ実行がありません。",
    "Stale data: the last interaction is of %(time)s.": "データが古くなっています。最後の操作は %(time)s です。",
    "Unknown run": "不明な実行",
    "There is no run %(run)s here. It may be misspelt, deleted, or not finished yet.": (
        "実行 %(run)s はありません。名前の間違い、削除済み、または未完了の可能性があります。"
    ),
    "Unknown version": "不明なバージョン",
    "The run %(run)s has no version %(version)s.": "実行 %(run)s にバージョン %(version)s はありません。",
    "This run cannot be read": "この実行は読み込めません",
    "The run %(run)s is there, and nothing of it can be read.": "実行 %(run)s はありますが、何も読み込めません。",
    "Not yet computed": "まだ計算されていません",
    "Aggregates of %(base)s and %(candidate)s are not yet computed: no step of this run compared them.": (
        "%(base)s と %(candidate)s の集計はまだ計算されていません（この実行で比較したステップがありません）。"
    ),
    "A report step that gets both computes them. The lists of any user can be looked at already.": (
        "両方を受け取る report ステップが計算します。ユーザーごとのリストはすでに見られます。"
    ),
    "Unknown user": "不明なユーザー",
    "The version has no user %(user)s, and neither have the interactions.": (
        "ユーザー %(user)s は、このバージョンにも操作履歴にもいません。"
    ),
    "Neither version has a user %(user)s, and neither have the interactions.": (
        "ユーザー %(user)s は、どちらのバージョンにも操作履歴にもいません。"
    ),
    "Unknown item": "不明なアイテム",
    "No list, no interaction and no row of the item table has the item %(item)s.": (
        "アイテム %(item)s は、リストにも操作履歴にもアイテムテーブルにもありません。"
    ),
    "The data does not fit": "データの形式が合いません",
    "The data cannot be read": "データを読み込めません",
    "File %(file)s, column %(column)s: %(reason)s.": "ファイル %(file)s、列 %(column)s: %(reason)s",
    "File %(file)s: %(reason)s.": "ファイル %(file)s: %(reason)s",
    "Make the view again with a report step of this viewer's version, or serve a run that is complete.": (
        "このビューアと同じバージョンの report ステップでビューを作り直すか、完全な実行を表示してください。"
    ),
}
